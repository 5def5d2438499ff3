"""The controls under ``/_simulator/``: for tests, and for the page. They are ours; Flowroute has nothing like them."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Collection, Sequence
from datetime import timedelta
from importlib.resources import files
from typing import Any, Final, TypeVar, get_args

from flask import Blueprint, Flask, Response, request

from helpers.clock import Clock, ClockCannotBeTurned
from helpers.simulator import problems
from helpers.simulator.account import OwnedNumber, Registration
from helpers.simulator.faults import IN_PROCESS, Fault, InvalidFault
from helpers.simulator.messages import wire_digits
from helpers.simulator.network import SimulatedNetwork
from helpers.simulator.options import OPTIONS, check_options
from helpers.simulator.page import views
from helpers.simulator.page.stream import Stream
from helpers.simulator.problems import Problem
from helpers.simulator.routes import guard, no_content
from helpers.simulator.wire import json_object

Json = dict[str, Any]
T = TypeVar("T")

_LONGEST_STEP: Final = timedelta(days=3_653)
_UNITS: Final = ("seconds", "minutes", "hours", "days")
_CLOCK_STATES: Final[dict[str, Callable[[Clock], None]]] = {
    "frozen": Clock.freeze,
    "running": Clock.resume,
    "real": Clock.back_to_real,
}
_MOST_LISTED: Final = 1_000
_USUALLY_LISTED: Final = 100
_LONGEST_WORDS: Final = 500
_HIGHEST_CODE: Final = 99_999


def add_routes(app: Flask, network: SimulatedNetwork) -> None:
    """Add the controls, and the lock in front of them and of the page."""
    guard.lock(app)
    controls = Blueprint("controls", __name__, url_prefix="/_simulator")
    for add in (_add_state, _add_clock, _add_phones, _add_messages, _add_log, _add_faults, _add_numbers, _add_stream):
        add(controls, network)
    _add_tables(controls)
    app.register_blueprint(controls)


def _add_state(controls: Blueprint, network: SimulatedNetwork) -> None:
    @controls.get("/state")
    def get_state() -> Response:
        return _answer(views.state_view(network))

    @controls.patch("/settings")
    def change_settings() -> Response:
        wanted = _fields(OPTIONS)
        wrong = {name: words for name, value in wanted.items() if (words := _option_mistake(name, value))}
        if wrong:
            raise problems.invalid(wrong)
        network.change_options(**wanted)
        return _answer(views.settings_view(network))

    @controls.post("/reset")
    def reset() -> Response:
        network.reset()
        return no_content()


def _add_clock(controls: Blueprint, network: SimulatedNetwork) -> None:
    @controls.get("/clock")
    def get_clock() -> Response:
        return _answer(views.clock_view(network))

    @controls.put("/clock")
    def set_clock() -> Response:
        state = _fields(("state",)).get("state")
        if not isinstance(state, str) or state not in _CLOCK_STATES:
            raise problems.invalid({"state": f"Choose one of: {', '.join(_CLOCK_STATES)}."})
        _turn(lambda: _CLOCK_STATES[state](network.clock))
        return _answer(views.clock_view(network))

    @controls.post("/clock/advance")
    def advance_clock() -> Response:
        step = _step(_fields(_UNITS))
        try:
            _turn(lambda: network.clock.advance(seconds=step.total_seconds()))
        except ValueError as problem:  # beyond the last year of the clock
            raise problems.invalid({"days": str(problem)}) from None
        return _answer(views.clock_view(network))


def _add_phones(controls: Blueprint, network: SimulatedNetwork) -> None:
    @controls.get("/phones")
    def list_phones() -> Response:
        return _answer(views.phones_view(network))

    @controls.get("/phones/<number>/messages")
    def list_phone_messages(number: str) -> Response:
        digits = wire_digits(number)
        if digits is None:
            raise problems.invalid({"number": "Not a phone number of 11 digits, such as 1NPANXXXXXX."})
        return _answer({"messages": views.phone_messages_view(network, digits)})

    @controls.post("/incoming")
    def send_from_phone() -> Response:
        fields = _fields(("from", "to", "body", "media_urls"))
        message = network.receive(
            from_=fields.get("from"),
            to=fields.get("to"),
            body=fields.get("body"),
            media_urls=fields.get("media_urls"),
        )
        return _answer(views.message_views(network, [message])[0], 201)


def _add_messages(controls: Blueprint, network: SimulatedNetwork) -> None:
    @controls.get("/messages/<message_id>")
    def get_any_message(message_id: str) -> Response:
        message = _found(lambda: network.message(message_id), "There is no message of that id, or it made room.")
        return _answer(views.message_views(network, [message])[0])

    @controls.post("/messages/<message_id>/receipts")
    def add_receipt(message_id: str) -> Response:
        receipt = _receipt(_fields(("status", "code", "level", "description")))
        message = _found(
            lambda: network.set_receipt(message_id, **receipt), "There is no message to a phone of that id."
        )
        return _answer(views.message_views(network, [message])[0], 201)


def _add_log(controls: Blueprint, network: SimulatedNetwork) -> None:
    @controls.get("/requests")
    def list_requests() -> Response:
        return _answer([exchange.as_dict() for exchange in _page_of(network.journal.entries())])

    @controls.get("/requests/<int:exchange_id>")
    def get_request(exchange_id: int) -> Response:
        exchange = network.journal.get(exchange_id)
        if exchange is None:
            raise _missing("There is no request of that id, or it made room.")
        return _answer(views.exchange_view(exchange))

    @controls.get("/callbacks")
    def list_callbacks() -> Response:
        return _answer([views.attempt_view(attempt) for attempt in _page_of(network.callbacks.attempts())])


def _add_faults(controls: Blueprint, network: SimulatedNetwork) -> None:
    @controls.get("/faults")
    def list_faults() -> Response:
        return _answer(views.faults_view(network))

    @controls.post("/faults")
    def add_fault() -> Response:
        try:
            fault = network.faults.add(Fault.from_dict(json_object(_body())))
        except InvalidFault as problem:
            raise problems.invalid(problem.fields) from None
        network.feed.note()
        return _answer(fault.as_dict(), 201)

    @controls.delete("/faults")
    def clear_faults() -> Response:
        network.faults.clear()
        network.feed.note()
        return no_content()

    @controls.delete("/faults/<int:fault_id>")
    def remove_fault(fault_id: int) -> Response:
        _found(lambda: network.faults.remove(fault_id), "There is no fault of that id, or it is used up.")
        network.feed.note()
        return no_content()


def _add_numbers(controls: Blueprint, network: SimulatedNetwork) -> None:
    @controls.get("/numbers")
    def list_own_numbers() -> Response:
        return _answer(views.numbers_view(network))

    @controls.patch("/numbers/<number>")
    def change_number(number: str) -> Response:
        wanted = _fields(("registration", "messaging_enabled"))
        owned = network.owner_of(wire_digits(number) or "")
        if owned is None:
            raise _missing("No account of this simulator owns that number.")
        _change_number(network, owned[1], wanted)
        return _answer(views.number_view(owned[1], now_ms=network.clock.now_ms()))


def _add_tables(controls: Blueprint) -> None:
    @controls.get("/magic-numbers")
    def list_magic_numbers() -> Response:
        return _answer(views.magic_view())

    @controls.get("/behaviours")
    def list_behaviours() -> Response:
        return _answer(views.behaviours_view())

    @controls.get("/openapi.json")
    def get_openapi() -> Response:
        try:
            text = files("helpers.simulator").joinpath("openapi.json").read_bytes()
        except FileNotFoundError:
            raise _missing("This installation has no description of the API.") from None
        return Response(text, content_type="application/json")


def _add_stream(controls: Blueprint, network: SimulatedNetwork) -> None:
    stream = Stream(network)

    @controls.get("/snapshot")
    def get_snapshot() -> Response:
        return _answer(stream.snapshot())

    @controls.get("/events")
    def listen() -> Response:
        # A browser that connects again repeats the address, and says in the header how far it got.
        after = _count("after", request.headers.get("Last-Event-ID") or request.args.get("after"), network.feed.seq)
        once = bool(request.environ.get(IN_PROCESS))  # there an answer is read to its end
        response = Response(stream.events(after, once=once), content_type="text/event-stream")
        response.headers["X-Accel-Buffering"] = "no"
        return response


# --- answers ------------------------------------------------------------------------------------------------------


def _answer(value: Any, status: int = 200) -> Response:
    return Response(json.dumps(value, separators=(",", ":")), status=status, content_type="application/json")


def _missing(detail: str) -> Problem:
    return Problem(404, detail=detail, title="Not Found")


def _found(look: Callable[[], T], words: str) -> T:
    try:
        return look()
    except KeyError:
        raise _missing(words) from None


# --- reading ------------------------------------------------------------------------------------------------------


def _body() -> bytes:
    if request.mimetype != "application/json":  # the guard lets a request without a body pass
        raise Problem(415, detail="Send the body as application/json.", title="Unsupported Media Type")
    return request.get_data()


def _fields(known: Collection[str]) -> Json:
    """The members of the body. A member that we do not know is most likely a slip, so it is refused."""
    fields = json_object(_body())
    unknown = [name for name in fields if name not in known]
    if unknown:
        words = f"There is no such member. There are: {', '.join(known)}."
        raise problems.invalid({name[:40]: words for name in unknown[:10]})
    return fields


def _option_mistake(name: str, value: object) -> str:
    try:
        check_options({name: value})
    except ValueError as problem:
        return str(problem)
    return ""


def _step(fields: Json) -> timedelta:
    """How far the clock is to go. The units add up."""
    wrong = {unit: "Give a number, 0 or more." for unit, value in fields.items() if not _is_amount(value)}
    if not fields:
        wrong["seconds"] = f"Say how far: a number of {', '.join(_UNITS)}, or several of them."
    if wrong:
        raise problems.invalid(wrong)
    try:
        step = timedelta(**fields)
    except OverflowError:
        step = timedelta.max
    if step > _LONGEST_STEP:
        raise problems.invalid({next(iter(fields)): "Ten years is the longest step."})
    return step


def _is_amount(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    return 0 <= value < math.inf


def _turn(turn: Callable[[], object]) -> None:
    try:
        turn()
    except ClockCannotBeTurned:
        raise Problem(409, detail="This simulator's clock shows the real time alone.", title="Conflict") from None


def _receipt(fields: Json) -> Json:
    """A receipt, or a 422 that names all that is wrong with it."""
    receipt = {"code": None, "level": 2, "description": "", **fields}
    wrong: dict[str, str] = {}
    if not _is_words(receipt.get("status")) or not receipt["status"]:
        wrong["status"] = "Give the status in words, such as delivered."
    if not _is_words(receipt["description"]):
        wrong["description"] = f"Give text of {_LONGEST_WORDS} characters at most."
    if receipt["code"] is not None and not _is_whole(receipt["code"], 0, _HIGHEST_CODE):
        wrong["code"] = "Give a whole number such as 1004, or null."
    if not _is_whole(receipt["level"], 1, 2):
        wrong["level"] = "Give 1 (handed to the carrier) or 2 (told by the carrier)."
    if wrong:
        raise problems.invalid(wrong)
    return receipt


def _is_words(value: object) -> bool:
    if not isinstance(value, str) or len(value) > _LONGEST_WORDS:
        return False
    return not any("\ud800" <= character <= "\udfff" for character in value)  # half a character cannot be posted


def _is_whole(value: object, lowest: int, highest: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and lowest <= value <= highest


def _change_number(network: SimulatedNetwork, number: OwnedNumber, wanted: Json) -> None:
    wrong = {}
    registrations = get_args(Registration)
    if "registration" in wanted and wanted["registration"] not in registrations:
        wrong["registration"] = f"Choose one of: {', '.join(registrations)}."
    if "messaging_enabled" in wanted and not isinstance(wanted["messaging_enabled"], bool):
        wrong["messaging_enabled"] = "This must be true or false."
    if wrong:
        raise problems.invalid(wrong)
    if "registration" in wanted:
        network.set_registration(number.digits, wanted["registration"])
    if "messaging_enabled" in wanted:
        number.messaging_enabled, number.enabled_at_ms = wanted["messaging_enabled"], None
        network.feed.note()


def _page_of(entries: Sequence[T]) -> Sequence[T]:
    """By the query: the last ``limit`` entries, or the first ``limit`` after the one numbered ``after``."""
    limit = _count("limit", request.args.get("limit"), _USUALLY_LISTED)
    if not 1 <= limit <= _MOST_LISTED:
        raise problems.invalid({"limit": f"Give a whole number from 1 to {_MOST_LISTED}."})
    if "after" not in request.args:
        return entries[-limit:]
    after = _count("after", request.args["after"], 0)
    return [entry for entry in entries if getattr(entry, "id") > after][:limit]  # noqa: B009


def _count(name: str, text: str | None, otherwise: int) -> int:
    if text is None:
        return otherwise
    if not text.isascii() or not text.isdigit() or len(text) > 15:
        raise problems.invalid({name: "Give a whole number, 0 or more."})
    return int(text)
