from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

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

    def is_closed(self) -> bool:
        return False

    def call_soon_threadsafe(self, callback: Callable[..., None], *args: object) -> None:
        self.calls.append((-1, lambda: callback(*args)))

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


class Refused(Exception):
    user_message = "The line is busy: nothing was sent."


class Replies:
    """What a phone was told to send; it can be made to fail."""

    def __init__(self) -> None:
        self.sent: list[str] = []
        self.problem: BaseException | None = None

    def __call__(self, body: str) -> str:
        if self.problem:
            raise self.problem
        self.sent.append(body)
        return "Sent to (206) 555-0199."


@pytest.fixture
def clock() -> Clock:
    return Clock.standing_still()


@pytest.fixture
def inbox(clock: Clock) -> FakeInbox:
    return FakeInbox(clock)


@pytest.fixture
def replies() -> Replies:
    return Replies()


@pytest.fixture
def phone(clock: Clock, inbox: FakeInbox, replies: Replies) -> Phone:
    return Phone(inbox=inbox, number=ANA, clock=clock, reply=replies)


def states(phone: Phone) -> list[tuple[str, str]]:
    return [(message["body"], message["state"]) for message in phone._shown["messages"] if message.get("mine")]


def test_a_text_under_way_is_said_until_it_is_there(phone: Phone, inbox: FakeInbox, clock: Clock) -> None:
    assert phone._shown["under_way"] == ""
    inbox.send("111111", seconds=5)
    assert phone._shown["under_way"] == "A text is on its way…"
    assert "on its way" in phone._repr_mimebundle_()[0]["text/html"]
    clock.advance(seconds=5)
    assert phone._shown["under_way"] == ""


def test_a_text_that_comes_while_the_phone_looks_is_seen_by_the_alarm(loop: FakeLoop) -> None:
    wall = Wall()
    clock = Clock(source=wall)
    inbox = FakeInbox(clock)
    phone = Phone(inbox=inbox, number=ANA, clock=clock)
    look = inbox.texts

    def looks_too_early(number: PhoneNumber) -> list[Text]:
        seen = look(number)
        wall.ms += 3000
        return seen

    inbox.texts = looks_too_early  # type: ignore[method-assign]
    inbox.send("111111", seconds=3)
    inbox.texts = look  # type: ignore[method-assign]
    assert bodies(phone) == []
    loop.calls.pop()[1]()
    assert bodies(phone) == ["Your code is 111111."]


def test_a_thread_without_a_loop_wakes_the_one_that_made_the_phone(
    loop: FakeLoop, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock(source=Wall())
    inbox = FakeInbox(clock)
    Phone(inbox=inbox, number=ANA, clock=clock)

    def no_loop() -> None:
        raise RuntimeError("no running event loop")

    with monkeypatch.context() as elsewhere:
        elsewhere.setattr(asyncio, "get_running_loop", no_loop)
        inbox.send("111111", seconds=3)
    seconds, in_the_loop = loop.calls.pop()
    assert seconds == -1
    in_the_loop()
    assert [seconds for seconds, _ in loop.calls] == [3]


@pytest.mark.parametrize(
    ("body", "host", "offered"),
    [
        ("Your code is 123456.\n\n@bank.example #123456", "bank.example", "123456"),
        ("Your code is 123456.\n\n@bank.example #123456", "login.bank.example", "123456"),
        ("Your code is 123456.\n\n@bank.example #123456", "bank-example.test", None),
        ("Your code is 123456.\n\n@bank.example #123456", "", None),
        ("Your code is 123456.", "bank.example", None),
    ],
)
def test_a_code_is_offered_on_its_own_site(
    phone: Phone, inbox: FakeInbox, clock: Clock, body: str, host: str, offered: str | None
) -> None:
    inbox.all.append(Text("mdr2-1", body, clock.now_ms()))
    assert phone.offer(host) == offered


def test_only_the_newest_text_is_offered_and_only_from_its_time_on(
    phone: Phone, inbox: FakeInbox, clock: Clock
) -> None:
    assert phone.offer("bank.example") is None
    inbox.send("111111")
    sent_at = clock.now_ms()
    assert phone.offer("bank.example", since_ms=sent_at) == "111111"
    assert phone.offer("bank.example", since_ms=sent_at + 1) is None
    inbox.send("222222", seconds=1)
    assert phone.offer("bank.example") == "111111"
    clock.advance(seconds=1)
    assert phone.offer("bank.example") == "222222"
    inbox.all.append(Text("mdr2-x", "You have been signed in.", clock.now_ms()))
    assert phone.offer("bank.example") is None


def test_live_offers_nothing(inbox: FakeInbox, clock: Clock) -> None:
    inbox.send("111111")
    assert Phone(inbox=inbox, number=ANA, clock=clock, mode="live").offer("bank.example") is None


def test_who_listens_is_told_when_what_stands_there_has_changed(phone: Phone, inbox: FakeInbox) -> None:
    told: list[int] = []
    stop = phone.on_texts(lambda: told.append(len(phone._shown["messages"])))
    phone.refresh()
    assert told == []
    inbox.send("111111")
    assert told == [1]
    phone.refresh()
    assert told == [1]
    stop()
    inbox.send("222222")
    assert told == [1]


def test_a_listener_that_fails_does_not_break_the_phone(phone: Phone, inbox: FakeInbox) -> None:
    told: list[str] = []
    phone.on_texts(lambda: raised(ValueError("x")))
    phone.on_texts(lambda: told.append("told"))
    inbox.send("111111")
    assert bodies(phone) == ["Your code is 111111."]
    assert told == ["told"]


def test_a_reply_stands_on_the_phone_with_what_came_of_it(phone: Phone, replies: Replies) -> None:
    phone.reply("NO")
    assert replies.sent == ["NO"]
    assert states(phone) == [("NO", "Sent")]
    assert (phone._answer["state"], phone._answer["words"]) == ("done", "Sent to (206) 555-0199.")
    assert repr(phone) == "<Phone (206) 555-0100 · 0 texts · practice>"
    assert "You · Sent · 17:00" in phone._repr_mimebundle_()[0]["text/html"]


def test_while_it_goes_out_it_says_so(phone: Phone, replies: Replies, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[list[tuple[str, str]]] = []
    monkeypatch.setattr(phone, "_reply", lambda body: seen.append(states(phone)) or "Sent.")
    phone.reply("NO")
    assert seen == [[("NO", "Sending…")]]


def test_both_directions_stand_in_the_order_of_time(phone: Phone, inbox: FakeInbox, clock: Clock) -> None:
    inbox.send("111111")
    phone.reply("first")
    inbox.send("222222")
    phone.reply("second")
    assert bodies(phone) == ["Your code is 111111.", "first", "Your code is 222222.", "second"]
    inbox.send("333333", seconds=10)
    clock.advance(seconds=20)
    phone.reply("third")
    assert bodies(phone)[4:] == ["Your code is 333333.", "third"]


def test_a_text_that_came_unseen_stands_above_the_reply(phone: Phone, inbox: FakeInbox, clock: Clock) -> None:
    inbox.all.append(Text("mdr2-quiet", "Hello", clock.now_ms()))
    phone.reply("first")
    assert bodies(phone) == ["Hello", "first"]


@pytest.mark.parametrize("body", ["", "   ", "\n"])
def test_an_empty_reply_is_refused_in_words(phone: Phone, replies: Replies, body: str) -> None:
    phone.reply(body)
    assert (phone._answer["state"], phone._answer["words"]) == ("refused", "Nothing was sent: write something first.")
    assert (replies.sent, states(phone)) == ([], [])


def test_a_reply_that_is_too_long_is_refused_in_words(phone: Phone, replies: Replies) -> None:
    phone.reply("x" * 1600)
    phone.reply("x" * 1601)
    assert phone._answer["words"] == "Nothing was sent: a text has at most 1,600 characters, not 1,601."
    assert len(replies.sent) == 1


def test_a_reply_that_was_refused_says_why(phone: Phone, replies: Replies) -> None:
    replies.problem = Refused("internal")
    phone.reply("NO")
    assert (phone._answer["state"], phone._answer["words"]) == ("refused", "The line is busy: nothing was sent.")
    assert states(phone) == [("NO", "Not sent")]
    replies.problem = None
    phone.reply("NO")
    assert states(phone) == [("NO", "Not sent"), ("NO", "Sent")]


def test_an_error_without_words_for_people_is_named_and_tells_nothing_else(phone: Phone, replies: Replies) -> None:
    replies.problem = ValueError("a secret")
    phone.reply("NO")
    assert phone._answer["words"].startswith("Something went wrong on our side (ValueError).")
    assert states(phone) == [("NO", "Perhaps not sent")]
    assert "a secret" not in repr(phone.get_state())


def test_an_interrupted_reply_says_so_and_the_next_one_goes(phone: Phone, replies: Replies) -> None:
    replies.problem = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        phone.reply("NO")
    assert states(phone) == [("NO", "Perhaps not sent")]
    assert phone._answer["words"].startswith("This was interrupted.")
    replies.problem = None
    phone.reply("YES")
    assert replies.sent == ["YES"]


def test_a_second_press_of_the_same_reply_sends_nothing(phone: Phone, replies: Replies) -> None:
    press: dict[str, Any] = {"kind": "reply", "intent": phone._answer["intent"], "press": "a", "body": "NO"}
    phone._handle_custom_msg(press, [])
    phone._handle_custom_msg(press | {"press": "b"}, [])
    assert replies.sent == ["NO"]
    assert phone._answer["press"] == "a"
    phone._handle_custom_msg(press | {"intent": phone._answer["intent"]}, [])
    assert replies.sent == ["NO", "NO"]


def test_a_press_while_another_is_at_work_sends_nothing(phone: Phone, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[str] = []

    def slow(body: str) -> str:
        sent.append(body)
        thread = threading.Thread(target=phone.reply, args=("second",))
        thread.start()
        thread.join(10)
        return "Sent."

    monkeypatch.setattr(phone, "_reply", slow)
    phone.reply("first")
    assert sent == ["first"]
    assert states(phone) == [("first", "Sent")]


@pytest.mark.parametrize(("mode", "given"), [("live", True), ("practice", False)])
def test_a_phone_that_only_listens_sends_nothing(clock: Clock, replies: Replies, mode: Any, given: bool) -> None:
    phone = Phone(inbox=FakeInbox(clock), number=ANA, clock=clock, mode=mode, reply=replies if given else None)
    assert phone._shown["can_reply"] is False
    with pytest.raises(ValueError, match="cannot reply"):
        phone.reply("NO")
    phone._handle_custom_msg({"kind": "reply", "intent": 0, "press": "a", "body": "NO"}, [])
    assert replies.sent == []


def raised(problem: BaseException) -> None:
    raise problem
