"""The forms for signing in without a text, for setting that up, and for adding a phone: driven from Python."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pyotp
import pytest
from argon2 import PasswordHasher

from helpers.accounts import Accounts, Session, Ticket
from helpers.alternatives import RESTRICTED_NOTICE
from helpers.display.assets import script
from helpers.forms import (
    AddPhone,
    SampleApp,
    authenticator_app_form,
    enrol_forms,
    open_bank,
    other_way_form,
    recovery_codes_form,
)
from helpers.forms.model import NOTHING, HandOut
from helpers.forms.sample_app import CUSTOMER, HOME, PASSWORD
from helpers.forms.view import Form
from helpers.phone_numbers import PhoneNumber
from helpers.settings import Settings


class Bank:
    """Example Bank with one customer who is signed in, and what her forms hand out."""

    def __init__(self) -> None:
        self.settings = Settings.for_notebook("forms")
        self.clock = self.settings.clock
        self.accounts: Accounts = open_bank(self.settings)
        self.sent: list[dict[str, Any]] = []
        self.session = self.signed_in()

    def ticket(self) -> Ticket:
        return self.accounts.check_password(CUSTOMER, PASSWORD, client=HOME)

    def signed_in(self) -> Session:
        pending = self.accounts.send_code(self.ticket(), client=HOME)
        self.clock.advance(seconds=2)
        return self.accounts.sign_in(pending, self.settings.code_from_phone())

    def watched(self, form: Form) -> Form:
        """Keep what the form sends to the browser."""
        form.send = lambda content, buffers=None: self.sent.append(content)
        return form

    @property
    def handed_out(self) -> list[dict[str, Any]]:
        return [message for message in self.sent if message["kind"] == "hand-out"]

    def app_form(self) -> Form:
        return self.watched(authenticator_app_form(self.accounts, lambda: self.session, client=HOME))

    def with_app(self) -> pyotp.TOTP:
        setup = self.accounts.add_totp(self.session)
        app = pyotp.TOTP(setup.secret.reveal())
        self.accounts.confirm_totp(self.session, app.at(self.clock.now()))
        self.clock.advance(minutes=1)
        return app


@pytest.fixture
def bank(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bank]:
    monkeypatch.setenv("TWO_FACTOR_COURSE_DIR", str(tmp_path / "course"))
    monkeypatch.setenv("TWO_FACTOR_ENV_FILE", str(tmp_path / ".env"))
    quick = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr("helpers.accounts.accounts.PasswordHasher", lambda: quick)
    bank = Bank()
    yield bank
    bank.accounts._engine.dispose()


def kept(form: Form) -> str:
    """All that is kept of a form: what is saved with the notebook, and what is shown of it without a kernel."""
    return json.dumps([form.get_state(), form._repr_mimebundle_()], default=str) + repr(form) + repr(form.model)


# An authenticator app


def test_an_app_is_set_up(bank: Bank) -> None:
    form = bank.app_form()
    form.press("begin")
    assert form.model.status == "Scan it within ten minutes, by 17:10:04 UTC, and type the app's code."
    (shown,) = bank.handed_out
    assert shown["picture"].startswith("data:image/svg+xml")
    assert shown["picture_words"] == "QR code that adds the account ana to an authenticator app"
    app = pyotp.TOTP(shown["lines"][0].replace(" ", ""))
    form.type(code=app.at(bank.clock.now())).press()
    assert form.model.status.startswith("Your authenticator app is set up.")
    assert bank.handed_out[-1]["words"] == ""  # taken off the screen
    bank.clock.advance(minutes=1)
    assert bank.accounts.sign_in_with_totp(bank.ticket(), app.at(bank.clock.now())).way == "totp"


def test_its_secret_is_kept_nowhere(bank: Bank) -> None:
    form = bank.app_form()
    form.press("begin")
    (shown,) = bank.handed_out
    for secret in (shown["lines"][0], shown["lines"][0].replace(" ", ""), shown["picture"]):
        assert secret not in kept(form)
    assert shown["lines"][0] not in repr(HandOut("w", lines=tuple(shown["lines"]), picture=shown["picture"]))


def test_a_wrong_first_code_is_said_and_the_picture_stays(bank: Bank) -> None:
    form = bank.app_form()
    form.press("begin")
    form.type(code="12").press()
    assert (form.model.state, form.model.status) == ("refused", "A code has 6 digits, and you typed 2.")
    assert form.model.values == {"code": ""}
    assert len(bank.handed_out) == 1


def test_a_first_code_before_the_picture(bank: Bank) -> None:
    form = bank.app_form()
    form.type(code="123456").press()
    assert form.model.status == "That took too long. Start again to get a new QR code."


def test_an_old_sign_in_is_told_to_sign_in_again(bank: Bank) -> None:
    bank.clock.advance(minutes=5)
    for form in (bank.app_form().press("begin"), recovery_codes_form(bank.accounts, lambda: bank.session, client=HOME)):
        form.press("submit" if form.model.title == "Recovery codes" else "begin")
        assert form.model.status.startswith("To change how you sign in, sign in again first.")
    assert bank.handed_out == []


# Recovery codes


def test_codes_are_made_shown_once_and_taken_away(bank: Bank) -> None:
    form = bank.watched(recovery_codes_form(bank.accounts, lambda: bank.session, client=HOME))
    form.press()
    assert form.model.status == "10 new codes are on the screen, this once. Older ones no longer work."
    (shown,) = bank.handed_out
    assert len(shown["lines"]) == 10
    assert not any(line in kept(form) for line in shown["lines"])
    form.press("hide")
    assert form.model.status == "You have 10 recovery codes."
    assert bank.handed_out[-1] == {"kind": "hand-out", "words": "", "lines": (), "picture": "", "picture_words": ""}
    assert NOTHING.words == ""
    for line in shown["lines"][:9]:
        bank.accounts.sign_in_with_recovery_code(bank.ticket(), line)
    form.press("hide")
    assert form.model.status == "You have 1 recovery code."


# Another way in


def app_with(bank: Bank) -> SampleApp:
    return SampleApp(bank.settings, bank.accounts, another_way=True)


def other_of(app: SampleApp) -> Form:
    assert app.other is not None
    return app.other


def test_the_sample_app_has_two_forms_unless_a_third_is_asked_for(bank: Bank) -> None:
    assert SampleApp(bank.settings, bank.accounts).other is None
    app = app_with(bank)
    assert "Another way" in repr(app)
    assert other_of(app).model.status == "First sign in above."
    other_of(app).type(code="123456").press()
    assert other_of(app).model.state == "refused"


def test_on_request_the_app_signs_in(bank: Bank) -> None:
    authenticator = bank.with_app()
    app = app_with(bank)
    app.sign_in.type(name=CUSTOMER, password=PASSWORD).press()
    code = authenticator.at(bank.clock.now())
    other_of(app).type(code=code).press()
    assert other_of(app).model.status == "You are signed in as ana."
    session = app.sign_in.model.session
    assert session is not None
    assert session.way == "totp"
    assert code not in kept(other_of(app))
    other_of(app).type(code=code).press()
    assert other_of(app).model.status == "This sign-in is over: its time is up, or it was used. Sign in again."


def test_a_recovery_code_signs_in_and_says_how_many_are_left(bank: Bank) -> None:
    lines = bank.accounts.new_recovery_codes(bank.session).lines()
    app = app_with(bank)
    for left, words in ((9, "9 recovery codes left."), (8, "8 recovery codes left.")):
        bank.clock.advance(minutes=1)
        app.sign_in.type(name=CUSTOMER, password=PASSWORD).press()
        other_of(app).type(recovery=lines[left].lower()).press("recovery")
        assert other_of(app).model.status == f"You are signed in as ana. You have {words}"
        assert lines[left].lower() not in kept(other_of(app))


def test_where_texts_are_off_the_words_say_so_and_the_other_form_is_awake(bank: Bank) -> None:
    authenticator = bank.with_app()
    verifier = bank.accounts._verifier
    for _ in range(verifier.policy.account_failure_cap):
        verifier.limits.charge(CUSTOMER, authenticator="sms")
        bank.clock.advance(hours=1)
    app = app_with(bank)
    app.sign_in.type(name=CUSTOMER, password=PASSWORD).press()
    assert app.sign_in.model.state == "refused"
    assert app.sign_in.model.status.endswith("Sign in with your authenticator app.")
    assert app.code.model.disabled
    other_of(app).type(code=authenticator.at(bank.clock.now())).press()
    assert other_of(app).model.status == "You are signed in as ana."


def test_who_has_no_other_way_is_not_asked_for_one(bank: Bank) -> None:
    app = app_with(bank)
    app.sign_in.type(name=CUSTOMER, password=PASSWORD).press()
    assert other_of(app).model.disabled
    assert not app.code.model.disabled


def test_who_is_in_by_text_needs_no_other_way_any_more(bank: Bank) -> None:
    bank.with_app()
    app = app_with(bank)
    app.sign_in.type(name=CUSTOMER, password=PASSWORD).press()
    assert not other_of(app).model.disabled
    bank.clock.advance(seconds=2)
    app.code.type(code=app.phone.latest_code or "").press()
    assert app.code.model.status == "You are signed in as ana."
    assert (other_of(app).model.disabled, other_of(app).model.status) == (True, "First sign in above.")


def test_an_empty_field_is_said_beside_it_and_costs_nothing(bank: Bank) -> None:
    form = other_way_form(bank.accounts, client=HOME)
    form.model.expect(bank.ticket(), signed_in=lambda _session: None)
    form.press()
    assert form.model.errors == {"code": "Fill this in."}
    form.press("recovery")
    assert form.model.errors == {"recovery": "Fill this in."}


def test_a_refusal_is_in_words_and_the_fields_are_emptied(bank: Bank) -> None:
    bank.with_app()
    form = other_way_form(bank.accounts, client=HOME)
    form.model.expect(bank.ticket(), signed_in=lambda _session: None)
    form.type(code="12345").press()
    assert form.model.status == "A code has 6 digits, and you typed 5."
    form.type(recovery="sixteen").press("recovery")
    assert form.model.status.startswith("A recovery code has 16 letters and digits")
    assert form.model.values == {"code": "", "recovery": ""}


# Adding a phone


def enrolling(bank: Bank) -> tuple[Form, Form]:
    bank.accounts.register("ben", PASSWORD)
    ticket = bank.accounts.check_password("ben", PASSWORD, client=HOME)
    return enrol_forms(bank.accounts, lambda: ticket, client=HOME)


def test_what_a_number_is_worth_is_said_before_it_is_typed(bank: Bank) -> None:
    """NIST SP 800-63B-4 §3.2.9: a notice, and the alternatives by name."""
    form, _ = enrolling(bank)
    assert form._schema["notice"] == RESTRICTED_NOTICE
    page = form._as_html()
    assert page.index("authenticator app") < page.index("Phone number")
    assert page.index("recovery codes") < page.index("Phone number")
    drawn = script("form", package="helpers.forms")
    assert drawn.index("site, notice,") < drawn.index("inside, countdowns.box")
    assert 'setAttribute("aria-describedby", notice.id)' in drawn


def test_the_whole_page_offers_the_code_and_confirms_the_phone(bank: Bank) -> None:
    page = AddPhone(bank.settings.for_form("enrol"))
    told: list[dict[str, Any]] = []
    page.code.model._screens.append(told.append)
    page.number.type(number="206-555-0100").press()
    page.phone._clock.advance(seconds=2)
    assert told[-1] == {"kind": "offer", "field": "code", "code": page.phone.latest_code}
    page.code.type(code=told[-1]["code"]).press()
    assert page.code.model.status == "Your phone ending in 00 is confirmed. Next time we text your code to it."
    assert page.number.model.status == "Your phone is confirmed."
    page.number.type(number="206-555-0166").press()
    assert page.number.model.state == "refused"


def test_the_whole_page_is_for_practice_alone() -> None:
    with pytest.raises(ValueError, match="for_practice"):
        AddPhone(SimpleNamespace(mode="live"))  # type: ignore[arg-type]


def test_a_phone_is_added(bank: Bank) -> None:
    form, code = enrolling(bank)
    form.type(number="206-555-0123").press()
    assert form.model.status == "We texted a code to the phone ending in 23. Type it below."
    bank.clock.advance(seconds=2)
    code.press("resend")
    assert "You can ask for another in 28 seconds." in code.model.status
    bank.clock.advance(seconds=30)
    code.press("resend")
    assert code.model.status == "We texted a code to the phone ending in 23. The older code no longer works."
    bank.clock.advance(seconds=2)
    code.type(code=bank.settings.code_from_phone(PhoneNumber.parse("206-555-0123"))).press()
    assert code.model.status == "Your phone ending in 23 is confirmed. Next time we text your code to it."
    assert form.model.phone == PhoneNumber.parse("206-555-0123")


def test_a_form_without_a_notice_says_nothing(bank: Bank) -> None:
    form = other_way_form(bank.accounts, client=HOME)
    assert form._schema["notice"] == ""
    assert "<p></p>" not in form._as_html()
