"""What the page and the controls show, as plain data. Times are UTC milliseconds by the simulator's clock."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import asdict
from typing import Any, Final

from helpers.display.request_view import request_view
from helpers.message_length import display_amount
from helpers.simulator.account import OwnedNumber
from helpers.simulator.behaviours import BEHAVIOURS
from helpers.simulator.callbacks import Attempt
from helpers.simulator.faults import WHAT_HAPPENS
from helpers.simulator.inbox import code_in_text
from helpers.simulator.journal import Exchange
from helpers.simulator.messages import Message
from helpers.simulator.network import SimulatedNetwork
from helpers.simulator.options import OPTIONS
from helpers.simulator.outcomes import OUTCOMES

Json = dict[str, Any]

LATEST_MESSAGES: Final = 500
"""How many messages a snapshot holds, and how many may change before a page has to take a new one."""


def clock_view(network: SimulatedNetwork) -> Json:
    """The time, in both spellings, and whether it passes by itself."""
    clock = network.clock
    return {"now_ms": clock.now_ms(), "now": clock.now().isoformat(timespec="milliseconds"), "running": clock.running}


def settings_view(network: SimulatedNetwork) -> Json:
    """Every option, and the history, which is fixed at the start."""
    return {name: network.options[name] for name in OPTIONS} | {"history": network.history}


def numbers_view(network: SimulatedNetwork) -> list[Json]:
    """Every number that an account owns."""
    now = network.clock.now_ms()
    owned = [number for account in network.accounts for number in list(account.numbers.values())]
    return [number_view(number, now_ms=now) for number in owned]


def number_view(number: OwnedNumber, *, now_ms: int) -> Json:
    """One number, and whether it can text by now."""
    return {
        "number": number.digits,
        "messaging_enabled": number.can_text_at(now_ms),
        "registration": number.registration,
        "toll_free": number.toll_free,
    }


def faults_view(network: SimulatedNetwork) -> list[Json]:
    """What is ordered from the menu of faults, oldest first."""
    return [fault.as_dict() for fault in network.faults.list()]


def counts_view(network: SimulatedNetwork) -> Json:
    """How much is kept of each."""
    return {
        "messages": len(network.messages()),
        "requests": len(network.journal.entries()),
        "attempts": len(network.callbacks.attempts()),
    }


def state_view(network: SimulatedNetwork) -> Json:
    """All but the messages."""
    return {
        "seq": network.feed.seq,
        "clock": clock_view(network),
        "settings": settings_view(network),
        "numbers": numbers_view(network),
        "faults": faults_view(network),
        "counts": counts_view(network),
    }


def menus_view() -> Json:
    """What can be chosen from, which never changes."""
    kinds = [{"kind": kind, "what": what} for kind, what in WHAT_HAPPENS.items()]
    return {"fault_kinds": kinds, "magic_numbers": magic_view()}


def magic_view() -> list[Json]:
    """The numbers that choose an outcome."""
    return [
        {
            "number": outcome.number,
            "group": outcome.group,
            "title": outcome.title,
            "what": outcome.what,
            "tag": outcome.tag,
            "source": outcome.source,
        }
        for outcome in OUTCOMES
    ]


def behaviours_view() -> list[Json]:
    """What the simulator does, and how sure we are that Flowroute does the same."""
    return [behaviour._asdict() for behaviour in BEHAVIOURS]


# --- messages ------------------------------------------------------------------------------------------------------


def message_views(network: SimulatedNetwork, messages: Iterable[Message]) -> list[Json]:
    """Messages with all that is known of them, what is still to come included."""
    messages = list(messages)
    attempts = _attempts_of(network, {message.id for message in messages})
    return [_message_view(network, message, attempts[message.id]) for message in messages]


def messages_by_id(network: SimulatedNetwork, message_ids: Collection[str]) -> list[Message]:
    """Those that are still kept, in the order in which they came: many may be of the same millisecond."""
    return [message for message in network.messages() if message.id in message_ids]


def phones_view(network: SimulatedNetwork) -> list[Json]:
    """Every phone that a message went to or came from; the one that texted last comes first."""
    now = network.clock.now_ms()
    times: defaultdict[str, list[int]] = defaultdict(list)
    for message in network.messages():
        at_ms = _on_the_phone_ms(message, now_ms=now)
        times[message.phone].extend([] if at_ms is None else [at_ms])
    phones = [{"number": phone, "texts": len(at), "last_at_ms": max(at, default=None)} for phone, at in times.items()]
    return sorted(phones, key=lambda phone: phone["last_at_ms"] or 0, reverse=True)


def phone_messages_view(network: SimulatedNetwork, phone: str) -> list[Json]:
    """What stands on a phone (11 digits) by now, oldest first, with the code that each text holds."""
    now = network.clock.now_ms()
    mine = [message for message in network.messages() if message.phone == phone]
    shown = [(at_ms, message) for message in mine if (at_ms := _on_the_phone_ms(message, now_ms=now)) is not None]
    return [_text_view(message, at_ms) for at_ms, message in sorted(shown, key=lambda pair: pair[0])]


def _on_the_phone_ms(message: Message, *, now_ms: int) -> int | None:
    at_ms = message.sent_at_ms if message.direction == "inbound" else message.arrives_at_ms
    return at_ms if at_ms is not None and at_ms <= now_ms else None


def _text_view(message: Message, at_ms: int) -> Json:
    from_phone = message.direction == "inbound"
    return {
        "id": message.id,
        "from": message.sender,
        "to": message.to,
        "body": message.body,
        "media": _media_view(message),
        "direction": "from_phone" if from_phone else "to_phone",
        "at_ms": at_ms,
        "code": code_in_text(message.body),
    }


def _message_view(network: SimulatedNetwork, message: Message, attempts: list[Attempt]) -> Json:
    length = message.length
    exchange = network.journal.for_message(message.id)
    return {
        "id": message.id,
        "phone": message.phone,
        "number": message.number,
        "direction": message.direction,
        "body": message.body,
        "media": _media_view(message),
        "sent_at_ms": message.sent_at_ms,
        "arrives_at_ms": message.arrives_at_ms,
        "version": message.version.value,
        "in_records": message.in_records,
        "is_mms": message.is_mms,
        "segments": length.segments,
        "encoding": length.encoding,
        "amount_display": display_amount(message.cost_nanodollars),
        "code": code_in_text(message.body),
        "receipts": [
            {
                "level": step.level,
                "status": step.status,
                "code": step.code,
                "description": step.description,
                "at_ms": message.sent_at_ms + step.after_ms,
            }
            for step in message.script.steps
        ],
        "exchange_id": exchange.id if exchange else None,
        "attempts": [_attempt_in_short(attempt) for attempt in attempts],
    }


def _media_view(message: Message) -> list[Json]:
    return [{"url": media.url, "mime_type": media.mime_type, "file_name": media.file_name} for media in message.media]


def _attempts_of(network: SimulatedNetwork, message_ids: set[str]) -> defaultdict[str, list[Attempt]]:
    attempts: defaultdict[str, list[Attempt]] = defaultdict(list)
    for attempt in network.callbacks.attempts():
        if attempt.message_id in message_ids:
            attempts[attempt.message_id].append(attempt)
    return attempts


def _attempt_in_short(attempt: Attempt) -> Json:
    return {name: getattr(attempt, name) for name in ("kind", "url", "attempt", "status", "error", "at_ms")}


# --- what went over the wire ---------------------------------------------------------------------------------------


def attempt_view(attempt: Attempt) -> Json:
    """One posting to a customer, with what it said."""
    return asdict(attempt)


def exchange_view(exchange: Exchange) -> Json:
    """One request and its answer, and under ``view`` the same as the request view draws it."""
    whole = exchange.as_dict()
    return whole | {"view": request_view(whole)}
