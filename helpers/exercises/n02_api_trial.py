"""The exercises of notebook 02: what an error asks of you, and a send that happens once whatever breaks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

import requests

from helpers.exercises.exercise import Exercise, Wrong
from helpers.exercises.trials import Enough, function, kind_of, practice_network
from helpers.flowroute import FlowrouteClient, FlowrouteError, InvalidRequest, MessageRecord, SentMessage
from helpers.secret import Secret
from helpers.settings import Settings

if TYPE_CHECKING:
    from helpers.simulator import SimulatedNetwork

_WORDS: Final = ("mend", "wait", "look first", "send again", "nothing")
_MOST_SENDS: Final = 8
_MOST_WAITS: Final = 20
_A_SECOND_MS: Final = 1000


# --- 02.1 -------------------------------------------------------------------------------------------------------------


def _judge_what_to_do(answer: Any) -> str:
    what_to_do = function(answer, "what_to_do")
    for happened, error, right, why in _every_error():
        said = what_to_do(error)
        if said not in _WORDS:
            raise Wrong(
                f"After {happened} it returns {_quoted(said)}. Return one of these texts: "
                f"{', '.join(f'`{word}`' for word in _WORDS)}."
            )
        if said != right:
            raise Wrong(f"After {happened} ({type(error).__name__}) yours says “{said}”. {why}")
    return "Every error gets what it needs."


def _quoted(said: object) -> str:
    return f"“{said[:20]}”" if isinstance(said, str) else kind_of(said)


def _every_error() -> Iterator[tuple[str, FlowrouteError, str, str]]:
    """What happened, the error that it made on a practice network, the right word, and why it is that one."""
    practice = practice_network("02-1")
    message: dict[str, Any] = {"to": practice.my_number, "from_": practice.from_number, "body": "Hello!"}
    client = practice.client()
    stranger = practice.client(secret_key=Secret("not the key"))
    mended = "Sent as it is it fails again: something in it must be put right."
    bad = {**message, "to": "206555"}
    foreign = {**message, "from_": "12065550123"}
    yield "a wrong key", _error(lambda: stranger.send_message(**message)), "mend", mended
    yield "a “from” that isn't yours", _error(lambda: client.send_message(**foreign)), "mend", mended
    yield "a “to” with digits missing", _error(lambda: client.send_message(**bad)), "mend", mended
    for status in (400, 413):
        yield f"a {status} that says what is wrong", InvalidRequest(status, detail="It cannot be read."), "mend", mended
    yield from _errors_of_the_moment(practice, client, message)
    yield from _errors_of_the_wire(practice, client, message)


def _errors_of_the_moment(
    practice: Settings, client: FlowrouteClient, message: dict[str, Any]
) -> Iterator[tuple[str, FlowrouteError, str, str]]:
    from helpers.simulator import Fault

    assert practice.simulator is not None
    phone_to_us = {"from_": practice.my_number, "to": practice.from_number}
    practice.simulator.receive(**phone_to_us, body="STOP")
    yield (
        "a STOP",
        _error(lambda: client.send_message(**message)),
        "nothing",
        "Only the owner of the phone can undo it. An OptedOut is an InvalidRequest too: ask for it first.",
    )
    practice.simulator.receive(**phone_to_us, body="UNSTOP")
    practice.simulator.faults.add(Fault("error-429"))
    yield (
        "too many requests",
        _error(lambda: client.send_message(**message)),
        "wait",
        "Nothing was taken, and nothing is wrong with it: it was too fast.",
    )
    yield (
        "a look for a record that isn't there",
        _error(lambda: client.get_message("mdr2-" + "0" * 32)),
        "wait",
        "A record may take some seconds to appear.",
    )


def _errors_of_the_wire(
    practice: Settings, client: FlowrouteClient, message: dict[str, Any]
) -> Iterator[tuple[str, FlowrouteError, str, str]]:
    from helpers.simulator import Fault

    assert practice.simulator is not None
    maybe = "The text may be on its way. Sent again now, it could arrive twice."
    broken: tuple[tuple[str, Any], ...] = (
        ("an error of the server", "error-500"),
        ("an error of the server", "error-503"),
        ("a connection that broke", "reset-after"),
        ("an answer that nobody can read", "not-json"),
    )
    for happened, fault in broken:
        practice.simulator.faults.add(Fault(fault))
        yield happened, _error(lambda: client.send_message(**message)), "look first", maybe
    yield (
        "a connection that was never made",
        _error(lambda: practice.session().send(requests.Request("GET", "http://127.0.0.1/").prepare())),
        "send again",
        "Nothing has left, so nothing can arrive twice.",
    )


def _error(call: Any) -> FlowrouteError:
    try:
        call()
    except FlowrouteError as error:
        return error
    raise AssertionError("The practice network was meant to fail here.")


# --- 02.2 -------------------------------------------------------------------------------------------------------------


class _Watched:
    """A client that counts, for the answer to send with."""

    def __init__(self, client: FlowrouteClient) -> None:
        self._client = client
        self.sends = 0

    def send_message(self, **message: Any) -> SentMessage:
        """Like the client's own."""
        self.sends += 1
        if self.sends > _MOST_SENDS:
            raise Enough(f"It has called `send_message` {_MOST_SENDS} times for one text. When does it give up?")
        return self._client.send_message(**message)

    def list_messages(self, **asked: Any) -> Iterator[MessageRecord]:
        """Like the client's own."""
        return self._client.list_messages(**asked)


def _judge_send_once(answer: Any) -> str:
    send_once = function(answer, "send_once")
    trials: tuple[tuple[str, tuple[Any, ...]], ...] = (
        ("nothing breaks", ()),
        ("the connection breaks before Flowroute has the text", ("reset-before",)),
        ("the connection breaks after Flowroute has taken the text", ("reset-after",)),
        ("the answer is 503", ("error-503",)),
        ("the answer is 429", ("error-429",)),
        ("the text is taken, and the answer is a web page", ("not-json",)),
        ("the connection breaks twice before Flowroute has the text", ("reset-before", "reset-before")),
    )
    practice = practice_network("02-2")
    for happens, faults in trials:
        _try_to_send(send_once, practice, happens, faults)
    _try_to_send_from_a_foreign_number(send_once, practice)
    return "One text each time, whatever broke. After a failure that you cannot tell, it looks before it sends."


def _try_to_send(send_once: Any, practice: Settings, happens: str, faults: tuple[Any, ...]) -> None:
    from helpers.simulator import Fault

    network, waits, message = _fresh(practice), _Waits(practice), _message(practice)
    practice.client().send_message(**message)  # the same words, an hour ago: the list holds them already
    practice.clock.advance(hours=1)
    since = practice.clock.now()
    practice.client().send_message(**message | {"body": "Something else"})  # by somebody else, at the same time
    practice.clock.advance(seconds=3)
    before, client = len(network.messages()), _Watched(practice.client())
    for fault in faults:
        network.faults.add(Fault(fault, method="POST"))
    try:
        send_once(client, message, waits.wait, since)
    except FlowrouteError as error:
        name = type(error).__name__
        what = "Catch that, and do what it asks for."
        if client.sends > 1:
            what = f"That was send number {client.sends}: it may break again, so use a loop."
        raise Wrong(f"When {happens}, it gave up with {name}. {what}") from None
    except Enough as enough:
        raise Wrong(f"When {happens}: {enough}") from None
    _count(len(network.messages()) - before, happens, waited=waits.seconds > 0)
    if "error-429" in faults and waits.seconds < 1:
        raise Wrong("After a 429 it sends again at once. Flowroute asks for a second at least: `wait(1)`.")


def _fresh(practice: Settings) -> SimulatedNetwork:
    network = practice.simulator
    assert network is not None
    network.reset()
    network.record_delay_seconds = 2.0
    return network


def _message(practice: Settings) -> dict[str, Any]:
    return {"to": practice.my_number, "from_": practice.from_number, "body": "Your table is ready."}


def _count(texts: int, happens: str, *, waited: bool) -> None:
    if texts == 0:
        raise Wrong(
            f"When {happens}, no text leaves. Nothing was taken there. Where an error cannot tell, the list does: look "
            "for a record with your words. (Other texts may be in it; and what `list_messages` gives is always true.)"
        )
    if texts > 1:
        wait = "Wait some seconds" if waited else "Let some seconds pass with `wait`"
        raise Wrong(
            f"When {happens}, {texts} texts leave. {wait} for the record to appear, then look into "
            "`list_messages(start=since)`, and send again only if the text isn't there."
        )


def _try_to_send_from_a_foreign_number(send_once: Any, practice: Settings) -> None:
    _fresh(practice)
    client = _Watched(practice.client())
    told = False
    try:
        send_once(client, {**_message(practice), "from_": "12065550123"}, _Waits(practice).wait, practice.clock.now())
    except Enough as enough:
        raise Wrong(f"When the “from” isn't yours: {enough}") from None
    except Exception:
        told = True  # also by an error of its own
    if client.sends > 1:
        raise Wrong(f"When the “from” isn't yours, it sends {client.sends} times. That mends nothing: let it out.")
    if not told:
        raise Wrong("When the “from” isn't yours, nobody learns of it. Let errors out that sending again cannot mend.")


class _Waits:
    """What ``wait`` does in a trial: it turns the practice clock, and counts."""

    def __init__(self, practice: Settings) -> None:
        self.seconds = 0.0
        self._clock = practice.clock
        self._times = 0

    def wait(self, seconds: float) -> None:
        self._times += 1
        if self._times > _MOST_WAITS:
            raise Enough(f"It has waited {_MOST_WAITS} times. When does it give up?")
        self.seconds += seconds
        self._clock.advance(seconds=seconds)


EXERCISES: Final = (
    Exercise(
        id="02.1",
        title="What to do",
        task="""
Write `what_to_do(error)`. It gets a `FlowrouteError` and returns one of five texts:

* `"mend"`: something in the request must be put right first;
* `"wait"`: some seconds, then the same again;
* `"look first"`: into the list of messages, since it may have been taken;
* `"send again"`: nothing has left;
* `"nothing"`: no use, it is up to somebody else.

The class of an error says which it is: `isinstance(error, RateLimited)` is true for a 429. (Only an answer has a
`status`; a connection that broke has none.) It is tried with every error of the table above.
""",
        cell="""
from helpers.flowroute import ConnectionFailed, NotFound, OptedOut, OutcomeUnknown, RateLimited, ServerError


def what_to_do(error):
    # your code
    ...
""",
        answer="what_to_do",
        hints=(
            "The class of an error says it all: `isinstance(error, RateLimited)`. The table above names them.",
            "`OptedOut` is a kind of `InvalidRequest`. Whichever you ask for first answers.",
            '`isinstance(error, (ServerError, OutcomeUnknown))` is "look first". What is left at the end is "mend".',
        ),
        solution="""
from helpers.flowroute import ConnectionFailed, NotFound, OptedOut, OutcomeUnknown, RateLimited, ServerError


def what_to_do(error):
    if isinstance(error, OptedOut):
        return "nothing"
    if isinstance(error, (RateLimited, NotFound)):
        return "wait"
    if isinstance(error, (ServerError, OutcomeUnknown)):
        return "look first"
    return "send again" if isinstance(error, ConnectionFailed) else "mend"
""",
        judge=_judge_what_to_do,
    ),
    Exercise(
        id="02.2",
        title="One text, whatever breaks",
        task="""
Write `send_once(client, message, wait, since)`: send `message` with `client.send_message(**message)` so that **exactly
one** text leaves, also when the connection breaks, and after a 503 or a 429.

* `message` is a dict with `"to"`, `"from_"` and `"body"`, as in the cells above.
* `wait(seconds)` lets time pass. A record takes two or three seconds to appear.
* `since` is the moment you began: `client.list_messages(start=since)` gives the records from then on. `record.body` is
  the text of one.
* An error that sending again cannot mend goes on to the caller.

It is tried on a practice network that breaks in seven ways, and the texts are counted there.
""",
        cell="""
from helpers.flowroute import ConnectionFailed, OutcomeUnknown, RateLimited, ServerError


def send_once(client, message, wait, since):
    # your code
    ...
""",
        answer="send_once",
        hints=(
            "A loop of a few tries; in it a `try` with two `except`: one for errors after which nothing was taken, one "
            "for those after which nobody can tell.",
            "After `ConnectionFailed` and `RateLimited`, wait a second and go on. After `OutcomeUnknown` and "
            "`ServerError`, wait five and look.",
            'To look: `any(record.body == message["body"] for record in client.list_messages(start=since))`.',
        ),
        solution="""
from helpers.flowroute import ConnectionFailed, OutcomeUnknown, RateLimited, ServerError


def send_once(client, message, wait, since):
    for _ in range(4):
        try:
            return client.send_message(**message)
        except (ConnectionFailed, RateLimited):
            wait(1)
        except (OutcomeUnknown, ServerError):
            wait(5)
            if any(record.body == message["body"] for record in client.list_messages(start=since)):
                return
    raise RuntimeError("Four tries, and no text left.")
""",
        judge=_judge_send_once,
    ),
)
