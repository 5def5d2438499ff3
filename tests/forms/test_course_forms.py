"""The concrete forms, driven from Python: what they send, what they refuse, and that one press is one text."""

import os
import stat
from functools import partial
from pathlib import Path

import pytest

from helpers.database import transaction
from helpers.forms import SampleApp, credentials_form, open_bank, phone_number_form, try_it_form
from helpers.forms.view import Form
from helpers.settings import Settings, new_code_key, save_env

PASSWORD = "correct horse battery staple"


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("TWO_FACTOR_COURSE_DIR", str(tmp_path / "course"))
    monkeypatch.setenv("TWO_FACTOR_ENV_FILE", str(tmp_path / ".env"))
    return Settings.for_notebook("forms")


@pytest.fixture
def app(settings: Settings) -> SampleApp:
    return SampleApp(settings)


def texts(settings: Settings) -> int:
    assert settings.inbox is not None
    settings.clock.advance(seconds=2)
    return len(settings.inbox.texts(settings.my_number))


def sign_in(app: SampleApp) -> None:
    app.sign_in.type(name="ana", password=PASSWORD).press()


def test_password_then_code_is_signed_in(app: SampleApp, settings: Settings) -> None:
    sign_in(app)
    settings.clock.advance(seconds=2)
    app.code.type(code=app.phone.latest_code or "").press()
    assert app.code.model.status == "You are signed in as ana."
    assert app.sign_in.model.session is not None


def test_who_signs_in_is_told_that_the_phone_said_no(settings: Settings) -> None:
    bank = open_bank(settings)
    bank.send_code(bank.check_password("ana", PASSWORD, client="203.0.113.5"), client="203.0.113.5")
    settings.clock.advance(minutes=2)
    with transaction(bank._engine) as connection:
        bank.deny(connection, settings.my_number, said_at=settings.clock.now(), message_id="mdr2-0")
    app = SampleApp(settings, bank)
    sign_in(app)
    settings.clock.advance(seconds=2)
    app.code.type(code=app.phone.latest_code or "").press()
    assert app.code.model.status.startswith("You are signed in as ana. On 2026-03-02 at 17:02 UTC somebody")


def test_a_second_click_on_the_same_picture_of_the_form_sends_nothing(app: SampleApp, settings: Settings) -> None:
    before, shown = texts(settings), app.sign_in.model.intent
    for _ in range(2):
        app.sign_in.model.press("submit", {"name": "ana", "password": PASSWORD}, intent=shown)
    assert texts(settings) == before + 1


def test_the_code_form_waits_for_a_code(app: SampleApp) -> None:
    app.code.type(code="123456").press()
    assert (app.code.model.state, app.code.model.status) == ("refused", "First sign in above.")


def test_a_wrong_password_wakes_no_code_form_and_sends_no_text(app: SampleApp, settings: Settings) -> None:
    before = texts(settings)
    app.sign_in.type(name="ana", password="wrong").press()
    assert app.sign_in.model.status == "User name or password is wrong."
    assert app.code.model.disabled
    assert texts(settings) == before


def test_a_new_code_is_sent_after_half_a_minute(app: SampleApp, settings: Settings) -> None:
    sign_in(app)
    app.code.press("resend")
    assert "You can ask for another in 30 seconds." in app.code.model.status
    settings.clock.advance(seconds=30)
    app.code.press("resend")
    assert app.code.model.state == "done"
    assert "The older code no longer works." in app.code.model.status


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({}, "200 OK"),
        ({"version": "v2.2"}, "202 Accepted"),
        ({"secret_key": "another"}, "Flowroute answered 401"),
        ({"from": "12065550123"}, "Flowroute answered 403"),
        ({"to": "206", "version": "v2.1"}, "Flowroute answered 422"),
        ({"access_key": ""}, "200 OK"),
    ],
)
def test_try_it_sends_what_was_typed_and_shows_the_answer(
    settings: Settings, changes: dict[str, str], status: str
) -> None:
    form, view = try_it_form(settings)
    form.type(**changes).press()
    assert form.model.status.startswith(status)
    assert str(view.exchanges[-1]["status"]) in status


def test_the_start_values_of_a_form_stay_out_of_its_repr(settings: Settings) -> None:
    form, _ = try_it_form(settings)
    assert settings.from_number.digits not in repr(form.model.fields)


def test_a_number_that_fools_a_pattern_is_refused_beside_its_field() -> None:
    form = phone_number_form()
    form.type(number="+1 900 555 0123").press()
    assert "premium-rate" in form.model.errors["number"]


class TestCredentials:
    @pytest.fixture
    def file(self, tmp_path: Path) -> Path:
        return tmp_path / "mine.env"

    def form(self, file: Path, **variables: str) -> Form:
        save = partial(save_env, path=file)
        return credentials_form(save=save, variables=lambda: variables, new_code_key=new_code_key)

    def test_what_was_typed_is_saved_for_you_alone(self, file: Path) -> None:
        form = self.form(file).type(access_key=" 12345678 ", secret_key="s3cret", number="206-555-0199")
        form.press("save")
        saved = file.read_text()
        assert "FLOWROUTE_ACCESS_KEY='12345678'" in saved
        assert "FLOWROUTE_NUMBER='+12065550199'" in saved
        assert "TWO_FACTOR_CODE_KEY=" in saved
        assert "s3cret" not in form.model.status
        if os.name == "posix":
            assert stat.S_IMODE(file.stat().st_mode) == 0o600

    def test_a_code_key_that_is_there_stays(self, file: Path) -> None:
        self.form(file, TWO_FACTOR_CODE_KEY="ab" * 32).press("save")
        assert "TWO_FACTOR_CODE_KEY" not in file.read_text()

    def test_changing_the_cap_alone_keeps_the_mode(self, file: Path) -> None:
        self.form(file, FLOWROUTE_MODE="live").type(daily_cap="5").press("save")
        assert "FLOWROUTE_MODE='live'" in file.read_text()

    @pytest.mark.parametrize(
        ("field", "text"),
        [
            ("access_key", "1234 5678"),
            ("access_key", "1234-5678"),
            ("number", "206-555"),
            ("recipients", "206-555-0100, +1 876 555 0123"),
            ("daily_cap", "0"),
            ("daily_cap", "many"),
        ],
    )
    def test_a_field_that_makes_no_sense_saves_nothing(self, file: Path, field: str, text: str) -> None:
        form = self.form(file).type(**{field: text})
        form.press("save")
        assert form.model.errors[field]
        assert not file.exists()
