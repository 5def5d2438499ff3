"""The code form: what it offers to fill in and when, how it counts down, and whose turn it says it is."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from helpers.clock import Clock, to_ms
from helpers.forms import SampleApp
from helpers.forms.code import EXPIRED, EXPIRED_AND_NO_MORE, CodeModel
from helpers.forms.model import FormRefused
from helpers.forms.sample_app import CUSTOMER, PASSWORD
from helpers.forms.view import Form
from helpers.settings import Settings

CODE = "907214"
SITE = "bank.example"


class Messages:
    """A phone with one text on it, which arrived at a time that the test chooses."""

    def __init__(self) -> None:
        self.arrived_ms: int | None = None
        self.listeners: list[Callable[[], None]] = []

    def offer(self, host: str, *, since_ms: int = 0) -> str | None:
        there = self.arrived_ms is not None and self.arrived_ms >= since_ms
        return CODE if host == SITE and there else None

    def on_texts(self, listener: Callable[[], None]) -> Callable[[], None]:
        self.listeners.append(listener)
        return lambda: self.listeners.remove(listener)

    def arrives(self, at_ms: int) -> None:
        self.arrived_ms = at_ms
        for listener in self.listeners:
            listener()


@pytest.fixture
def clock() -> Clock:
    return Clock.standing_still()


@pytest.fixture
def messages() -> Messages:
    return Messages()


@pytest.fixture
def model(clock: Clock, messages: Messages) -> CodeModel:
    return CodeModel(waiting="First sign in above.", site=SITE, clock=clock, messages=messages)


@pytest.fixture
def told(model: CodeModel) -> list[dict[str, Any]]:
    """What the form's screens were told."""
    form = Form(model)
    messages: list[dict[str, Any]] = []
    form.send = lambda content, buffers=None: messages.append(content)  # type: ignore[method-assign]
    return messages


def offered(told: list[dict[str, Any]]) -> str:
    return [message["code"] for message in told if message["kind"] == "offer"][-1]


def expect(model: CodeModel, clock: Clock, **more: Any) -> None:
    model.expect(check=lambda _code: "In.", resend=lambda: "Again.", since_ms=clock.now_ms(), **more)


def test_the_code_of_a_text_that_came_since_is_offered(
    model: CodeModel, clock: Clock, messages: Messages, told: list[dict[str, Any]]
) -> None:
    expect(model, clock)
    assert offered(told) == ""
    messages.arrives(clock.now_ms())
    assert offered(told) == CODE


def test_an_older_text_is_not_offered(
    model: CodeModel, clock: Clock, messages: Messages, told: list[dict[str, Any]]
) -> None:
    messages.arrives(clock.now_ms())
    clock.advance(seconds=1)
    expect(model, clock)
    assert offered(told) == ""


def test_a_form_that_expects_nothing_offers_nothing(
    model: CodeModel, clock: Clock, messages: Messages, told: list[dict[str, Any]]
) -> None:
    messages.arrives(clock.now_ms())
    assert offered(told) == ""


def test_another_site_is_offered_nothing(clock: Clock, messages: Messages) -> None:
    model = CodeModel(waiting="", site="bank-example.test", clock=clock, messages=messages)
    told: list[dict[str, Any]] = []
    model._screens.append(told.append)
    expect(model, clock)
    messages.arrives(clock.now_ms())
    assert offered(told) == ""


def test_a_new_code_makes_the_old_offer_go(
    model: CodeModel, clock: Clock, messages: Messages, told: list[dict[str, Any]]
) -> None:
    expect(model, clock)
    messages.arrives(clock.now_ms())
    clock.advance(seconds=30)
    model.press("resend", {})
    assert offered(told) == ""
    messages.arrives(clock.now_ms())
    assert offered(told) == CODE


def test_a_refused_resend_leaves_the_offer(
    model: CodeModel, clock: Clock, messages: Messages, told: list[dict[str, Any]]
) -> None:
    def too_soon() -> str:
        raise FormRefused("Too soon.")

    model.expect(check=lambda _code: "In.", resend=too_soon, since_ms=clock.now_ms())
    messages.arrives(clock.now_ms())
    clock.advance(seconds=5)
    model.press("resend", {})
    model.arrived()
    assert offered(told) == CODE


def test_after_success_nothing_is_offered_or_counted(
    model: CodeModel, clock: Clock, messages: Messages, told: list[dict[str, Any]]
) -> None:
    expect(model, clock)
    messages.arrives(clock.now_ms())
    model.press("submit", {"code": CODE})
    assert (offered(told), model.countdowns) == ("", ())


def test_a_screen_that_is_drawn_later_is_told_the_offer(
    model: CodeModel, clock: Clock, messages: Messages, told: list[dict[str, Any]]
) -> None:
    expect(model, clock)
    messages.arrives(clock.now_ms())
    told.clear()
    model.arrived()
    assert offered(told) == CODE


def test_the_offer_stands_in_no_trait(model: CodeModel, clock: Clock, messages: Messages) -> None:
    form = Form(model)
    expect(model, clock)
    messages.arrives(clock.now_ms())
    kept = json.dumps(
        [form.get_state(), form.trait_values(), form._repr_mimebundle_(), model.trait_values()], default=repr
    )
    assert CODE not in kept


def test_it_asks_for_the_focus_when_its_turn_has_come(
    model: CodeModel, clock: Clock, told: list[dict[str, Any]]
) -> None:
    assert {"kind": "focus"} not in told
    expect(model, clock)
    assert told[-1] == {"kind": "focus"}


class TestInTheSampleApp:
    @pytest.fixture
    def settings(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
        monkeypatch.setenv("TWO_FACTOR_COURSE_DIR", str(tmp_path / "course"))
        monkeypatch.setenv("TWO_FACTOR_ENV_FILE", str(tmp_path / ".env"))
        return Settings.for_notebook("code-form")

    @pytest.fixture
    def app(self, settings: Settings) -> SampleApp:
        app = SampleApp(settings)
        app.sign_in.type(name=CUSTOMER, password=PASSWORD).press()
        return app

    def test_it_counts_down_to_the_end_of_the_code_and_to_the_next(self, app: SampleApp, settings: Settings) -> None:
        expires, again = app.code.model.countdowns
        now = settings.clock.now_ms()
        assert expires.until_ms == now + 300_000
        assert again.until_ms == now + 30_000
        assert (expires.words, expires.after) == ("The code works for", EXPIRED)

    def test_a_turn_of_the_clock_reaches_the_screen(self, app: SampleApp, settings: Settings) -> None:
        settings.clock.advance(minutes=4)
        shown = app.code._shown
        assert (shown["now_ms"], shown["running"]) == (settings.clock.now_ms(), False)
        assert shown["countdowns"][0]["until_ms"] - shown["now_ms"] == 60_000

    def test_a_closed_form_no_longer_listens_to_the_clock(self, app: SampleApp, settings: Settings) -> None:
        before = app.code._shown
        app.code.close()
        settings.clock.advance(minutes=4)
        assert app.code._shown == before

    def test_a_code_that_is_over_is_neither_counted_down_nor_offered(self, app: SampleApp, settings: Settings) -> None:
        settings.clock.advance(seconds=2)
        right = app.phone.latest_code or ""
        wrong = f"{(int(right) + 1) % 1_000_000:06d}"
        told: list[dict[str, Any]] = []
        app.code.model._screens.append(told.append)
        for _ in range(4):
            app.code.type(code=wrong).press()
        assert len(app.code.model.countdowns) == 2  # a slip ends nothing
        app.code.type(code=wrong).press()
        app.code.type(code=right).press()
        assert app.code.model.state == "refused"
        assert [line.words for line in app.code.model.countdowns] == ["You can ask for a new one in"]
        assert offered(told) == ""

    def test_the_last_code_that_may_be_sent_promises_no_other(self, app: SampleApp, settings: Settings) -> None:
        for _ in range(2):
            settings.clock.advance(minutes=2)
            app.code.press("resend")
            assert app.code.model.state == "done"
        (expires,) = app.code.model.countdowns
        assert expires.after == EXPIRED_AND_NO_MORE

    def test_a_new_code_begins_the_countdown_again(self, app: SampleApp, settings: Settings) -> None:
        settings.clock.advance(seconds=30)
        app.code.press("resend")
        expires, again = app.code.model.countdowns
        assert expires.until_ms == to_ms(settings.clock.now() + timedelta(minutes=5))
        assert again.until_ms > settings.clock.now_ms()

    def test_the_newest_text_of_the_bank_is_offered_and_fits(self, app: SampleApp, settings: Settings) -> None:
        told: list[dict[str, Any]] = []
        app.code.model._screens.append(told.append)
        settings.clock.advance(seconds=2)
        assert offered(told) == app.phone.latest_code
        app.code.type(code=offered(told)).press()
        assert app.code.model.status == f"You are signed in as {CUSTOMER}."
        assert "below" not in app.sign_in.model.status
