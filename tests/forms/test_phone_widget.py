from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from helpers.clock import Clock
from helpers.forms.phone import Phone
from helpers.phone_numbers import PhoneNumber

ANA = PhoneNumber.parse("206-555-0100")


@dataclass
class Text:
    id: str
    body: str
    arrived_at_ms: int
    sender: str = "12065550199"


class FakeInbox:
    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.all: list[Text] = []
        self.listeners: list[Callable[[], None]] = []

    def texts(self, number: PhoneNumber) -> list[Text]:
        return [text for text in self.all if text.arrived_at_ms <= self.clock.now_ms()]

    def next_arrival_ms(self, number: PhoneNumber) -> int | None:
        return next((text.arrived_at_ms for text in self.all if text.arrived_at_ms > self.clock.now_ms()), None)

    def on_change(self, listener: Callable[[], None]) -> Callable[[], None]:
        self.listeners.append(listener)
        return lambda: self.listeners.remove(listener)

    def send(self, code: str, *, seconds: float = 0) -> None:
        arrives = self.clock.now_ms() + round(seconds * 1000)
        self.all.append(Text(f"mdr2-{len(self.all)}", f"Your code is {code}.\n\n@bank.example #{code}", arrives))
        for listener in tuple(self.listeners):
            listener()


class FakeLoop:
    """A loop whose time is the test's: nothing waits."""

    def __init__(self) -> None:
        self.now = 50.0
        self.calls: list[tuple[float, Callable[[], None]]] = []

    def time(self) -> float:
        return self.now

    def call_later(self, seconds: float, callback: Callable[[], None]) -> None:
        self.calls.append((seconds, callback))


@pytest.fixture
def loop(monkeypatch: pytest.MonkeyPatch) -> FakeLoop:
    fake = FakeLoop()
    monkeypatch.setattr(asyncio, "get_running_loop", lambda: fake)
    return fake


class Wall:
    """A machine's time that the test moves."""

    def __init__(self) -> None:
        self.ms = 1_772_470_800_000

    def __call__(self) -> int:
        return self.ms


def bodies(phone: Phone) -> list[str]:
    return [message["body"].splitlines()[0] for message in phone._shown["messages"]]


def test_a_new_phone_is_empty_in_words() -> None:
    clock = Clock.standing_still()
    phone = Phone(inbox=FakeInbox(clock), number=ANA, clock=clock)
    assert repr(phone) == "<Phone (206) 555-0100 · 0 texts · practice>"
    assert "No texts yet" in phone._repr_mimebundle_()[0]["text/html"]
    assert phone.latest_code is None


def test_a_text_shows_when_it_is_sent_and_when_the_clock_is_turned() -> None:
    clock = Clock.standing_still()
    inbox = FakeInbox(clock)
    phone = Phone(inbox=inbox, number=ANA, clock=clock)
    inbox.send("111111")
    assert bodies(phone) == ["Your code is 111111."]
    assert repr(phone) == "<Phone (206) 555-0100 · 1 text · practice>"
    inbox.send("222222", seconds=60)
    assert phone.latest_code == "111111"
    clock.advance(minutes=1)
    assert bodies(phone) == ["Your code is 111111.", "Your code is 222222."]
    assert phone.latest_code == "222222"
    assert phone._shown["time"] == "17:01"


def test_the_latest_code_is_of_the_newest_text_that_has_one() -> None:
    clock = Clock.standing_still()
    inbox = FakeInbox(clock)
    phone = Phone(inbox=inbox, number=ANA, clock=clock)
    inbox.send("111111")
    inbox.all.append(Text("mdr2-x", "Reply STOP to end. Not a code: 999999", clock.now_ms()))
    assert phone.latest_code == "111111"


def test_a_standing_clock_sets_no_alarm(loop: FakeLoop) -> None:
    clock = Clock.standing_still()
    inbox = FakeInbox(clock)
    Phone(inbox=inbox, number=ANA, clock=clock)
    inbox.send("111111", seconds=3)
    assert loop.calls == []


def test_a_running_clock_shows_a_text_when_it_is_due(loop: FakeLoop) -> None:
    wall = Wall()
    clock = Clock(source=wall)
    inbox = FakeInbox(clock)
    phone = Phone(inbox=inbox, number=ANA, clock=clock)
    assert loop.calls == []
    inbox.send("111111", seconds=3)
    assert [seconds for seconds, _ in loop.calls] == [3]
    assert bodies(phone) == []
    wall.ms += 3000
    loop.calls.pop()[1]()
    assert bodies(phone) == ["Your code is 111111."]
    assert loop.calls == []


def test_one_alarm_is_enough_until_something_is_due_earlier(loop: FakeLoop) -> None:
    wall = Wall()
    clock = Clock(source=wall)
    inbox = FakeInbox(clock)
    phone = Phone(inbox=inbox, number=ANA, clock=clock)
    inbox.send("111111", seconds=100)
    phone.refresh()
    assert [seconds for seconds, _ in loop.calls] == [100]
    clock.advance(seconds=90)
    assert [seconds for seconds, _ in loop.calls] == [100, 10]


def test_after_an_alarm_the_next_text_gets_its_own(loop: FakeLoop) -> None:
    wall = Wall()
    clock = Clock(source=wall)
    inbox = FakeInbox(clock)
    Phone(inbox=inbox, number=ANA, clock=clock)
    inbox.send("111111", seconds=3)
    inbox.send("222222", seconds=8)
    wall.ms += 3000
    loop.now += 3
    loop.calls.pop()[1]()
    assert [seconds for seconds, _ in loop.calls] == [5]


def test_without_a_loop_nothing_is_scheduled_and_nothing_breaks() -> None:
    clock = Clock()
    inbox = FakeInbox(clock)
    phone = Phone(inbox=inbox, number=ANA, clock=clock)
    inbox.send("111111", seconds=3)
    assert bodies(phone) == []


def test_a_closed_phone_listens_to_nothing(loop: FakeLoop) -> None:
    clock = Clock(source=Wall())
    inbox = FakeInbox(clock)
    phone = Phone(inbox=inbox, number=ANA, clock=clock)
    inbox.send("111111", seconds=3)
    phone.close()
    phone.close()
    assert inbox.listeners == []
    before = len(loop.calls)
    clock.advance(minutes=1)
    loop.calls[0][1]()
    inbox.send("222222")
    assert bodies(phone) == []
    assert len(loop.calls) == before


def test_a_slow_refresh_does_not_go_over_a_newer_one() -> None:
    clock = Clock.standing_still()
    inbox = FakeInbox(clock)
    phone = Phone(inbox=inbox, number=ANA, clock=clock)
    looked, go_on = threading.Event(), threading.Event()
    first_look = inbox.texts

    def slow_look(number: PhoneNumber) -> list[Text]:
        seen = first_look(number)
        looked.set()
        assert go_on.wait(10)
        return seen

    inbox.texts = slow_look  # type: ignore[method-assign]
    slow = threading.Thread(target=phone.refresh)
    slow.start()
    assert looked.wait(10)
    inbox.texts = first_look  # type: ignore[method-assign]
    inbox.send("111111")
    go_on.set()
    slow.join(10)
    assert bodies(phone) == ["Your code is 111111."]


@pytest.mark.parametrize("with_inbox", [True, False])
def test_live_shows_no_text_and_no_number(with_inbox: bool) -> None:
    clock = Clock.standing_still()
    inbox = FakeInbox(clock)
    inbox.send("111111")
    phone = Phone(inbox=inbox if with_inbox else None, number=ANA, clock=clock, mode="live")
    phone.refresh()
    assert repr(phone) == "<Phone ••• ••• ••00 · live>"
    assert phone.latest_code is None
    html = phone._repr_mimebundle_()[0]["text/html"]
    assert "LIVE: look at your own phone" in html
    for place in (html, repr(phone.get_state())):
        assert "111111" not in place
        assert "555-0100" not in place


def test_a_number_that_is_no_example_is_masked_in_practice_too() -> None:
    clock = Clock.standing_still()
    phone = Phone(inbox=FakeInbox(clock), number=PhoneNumber.parse("206-555-2368"), clock=clock)
    assert repr(phone) == "<Phone ••• ••• ••68 · 0 texts · practice>"
    assert "2368" not in phone._repr_mimebundle_()[0]["text/html"]
