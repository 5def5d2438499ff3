"""The send guard: a budget of its own for texts, which cost money and ring somebody's phone.

Counted before the text is posted, in the transaction that reserves it, so that eight processes at once get no more than
one does: whoever writes to this ledger takes the texts' turn, which comes after the account's. Numbers and addresses
are counted under an HMAC of them: this ledger names nobody.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from hashlib import sha256
from typing import Any, Final, Literal

from sqlalchemy import Connection, Engine, delete, func, select, tuple_, update

from helpers.database import reading, take_turn, upsert
from helpers.message_length import NANODOLLARS_PER_CENT
from helpers.phone_numbers import PhoneNumber
from helpers.secret import Secret
from helpers.verification.errors import Limit, SendLimitReached
from helpers.verification.policy import SendBudget
from helpers.verification.tables import send_totals, sends

HOUR_MS: Final = 3_600_000
DAY_MS: Final = 24 * HOUR_MS
EVERYWHERE: Final = ""
TURN: Final = "texts"
"""One for all texts: a day's budget is counted over everybody, and one phone or address may be several accounts'."""
Kind = Literal["enrolment", "confirmed", "notice"]
"""A code to a phone that nobody has confirmed (all that strangers can cause), one to a confirmed phone, or no code."""


@dataclass(frozen=True, slots=True)
class PlannedText:
    """One text, before it is sent: whom it concerns and what it costs."""

    id: str
    phone: PhoneNumber
    account: str
    client_key: str
    kind: Kind
    segments: int

    @property
    def prefix(self) -> str:
        """Country code, area code and exchange: ``+1206555``."""
        return self.phone.e164[:8]


@dataclass(frozen=True, slots=True)
class Alarm:
    """Too few of a day's texts were followed by an approval: they are being pumped, or they do not arrive."""

    day: int
    prefix: str
    """The numbers it is about, such as ``+1206555``; "" for all."""
    codes: int
    approved: int

    @property
    def words(self) -> str:
        """For the people who run the site."""
        where = f"to {self.prefix}…" if self.prefix else "in all"
        some = f"Only {self.approved}" if self.approved else "None"
        return (
            f"{some} of today's {self.codes} codes {where} came back. Somebody may be pumping texts, or "
            "they do not arrive: look at the audit log and the receipts."
        )


@dataclass(frozen=True, slots=True)
class SendFigures:
    """A day's texts."""

    messages: int
    cents: float
    codes: int
    """Those of the messages that carried a code; the others were notices."""
    approved: int

    @property
    def conversion(self) -> float | None:
        """Approved ÷ codes sent; None where none was sent."""
        return self.approved / self.codes if self.codes else None


class SendGuard:
    """Says whether one more text may leave.

    Args:
        budget: the limits.
        key: hides numbers and addresses in the ledger; made from the code key.
    """

    def __init__(self, budget: SendBudget, *, key: Secret[bytes]) -> None:
        self.budget = budget
        self._key = hmac.digest(key.reveal(), b"send guard", sha256)

    def require_textable(self, number: str | PhoneNumber) -> PhoneNumber:
        """The number, if it is of a country and a kind that we text.

        Raises:
            PhoneNumberError: it is not; a parser alone takes premium lines and half the Caribbean for valid.
        """
        return PhoneNumber.parse(number).require_textable(regions=self.budget.regions, kinds=self.budget.kinds)

    def client_key(self, client: str) -> str:
        """A network address, as the ledger counts it."""
        return self._hidden("client", client)

    def reserve(self, connection: Connection, text: PlannedText, *, now: int) -> list[Alarm]:
        """Count one text, if every limit has room for it.

        Returns:
            Alarms that this text set off.

        Raises:
            SendLimitReached: which limit, and when it has room again; the transaction is to be rolled back.
        """
        take_turn(connection, TURN)
        self._require_day(connection, text, now=now)
        for limit, key, most in self._rates(text):
            _require_rate(connection, limit, key, most, now=now)
        self._count(connection, text, now=now)
        return [alarm for prefix in (EVERYWHERE, text.prefix) if (alarm := self._alarm(connection, prefix, now))]

    def notice(self, connection: Connection, *, segments: int, now: int) -> None:
        """Count a text that is never refused: "your phone was changed" must not depend on a budget."""
        take_turn(connection, TURN)
        _add(connection, EVERYWHERE, "notice", now=now, messages=1, nanodollars=self.budget.cost(segments))

    def refund(self, connection: Connection, text: PlannedText, *, sent_at: int) -> None:
        """Give back a text that surely did not leave."""
        take_turn(connection, TURN)
        for _, key, _ in self._rates(text):
            connection.execute(delete(sends).where(sends.c.key == key, sends.c.at == sent_at, sends.c.text == text.id))
        self._add_to_totals(connection, text, now=sent_at, times=-1)

    def approved(self, connection: Connection, phone: PhoneNumber, kind: Kind, *, now: int) -> None:
        """A text led to an approval."""
        take_turn(connection, TURN)
        for prefix in (EVERYWHERE, phone.e164[:8]):
            _add(connection, prefix, kind, now=now, approved=1)

    def figures(self, engine: Engine, *, now: int, prefix: str = EVERYWHERE) -> SendFigures:
        """What was sent, spent and approved today (UTC), in all or for one prefix such as ``+1206555``."""
        with reading(engine) as connection:
            messages, nanodollars, approved = _totals(connection, prefix, now)
            notices, _, _ = _totals(connection, prefix, now, kind="notice")
        return SendFigures(messages, nanodollars / NANODOLLARS_PER_CENT, messages - notices, approved)

    def sweep(self, connection: Connection, *, now: int, batch: int) -> None:
        """Forget texts that no limit counts any more, so many at a time."""
        old = select(sends.c.key, sends.c.at, sends.c.text).where(sends.c.at <= now - HOUR_MS).limit(batch)
        connection.execute(delete(sends).where(tuple_(sends.c.key, sends.c.at, sends.c.text).in_(old)))

    def _rates(self, text: PlannedText) -> Iterator[tuple[Limit, str, int]]:
        """Each limit of the hour, with the key it is counted under."""
        yield "account", self._hidden("account", text.account), self.budget.per_account
        yield "phone", self._hidden(f"{text.kind} phone", text.phone.e164), self.budget.per_phone
        # Apart by kind, as for the phone: who lets robots enrol at somebody's address must not stop their sign-in.
        yield "client", self._hidden(f"{text.kind} client", text.client_key), self.budget.per_client
        if text.kind == "enrolment":
            yield "prefix", self._hidden("prefix", text.prefix), self.budget.per_prefix

    def _hidden(self, scope: str, value: str) -> str:
        return hmac.digest(self._key, f"{scope}\0{value}".encode(), sha256).hex()[:32]

    def _require_day(self, connection: Connection, text: PlannedText, *, now: int) -> None:
        price = self.budget.cost(text.segments)
        messages, nanodollars, _ = _totals(connection, EVERYWHERE, now)
        most = int(self.budget.daily_cents * NANODOLLARS_PER_CENT)
        _require_room("daily messages", messages + 1, self.budget.daily_messages, now=now)
        _require_room("daily cost", nanodollars + price, most, now=now)
        if text.kind == "enrolment":
            messages, nanodollars, _ = _totals(connection, EVERYWHERE, now, kind="enrolment")
            share = Decimal(str(self.budget.enrolment_share))  # 0.29 of 100 is 29, and 28.99… in floats
            _require_room("enrolment messages", messages + 1, int(self.budget.daily_messages * share), now=now)
            _require_room("enrolment cost", nanodollars + price, int(most * share), now=now)

    def _count(self, connection: Connection, text: PlannedText, *, now: int) -> None:
        rows = [{"key": key, "at": now, "text": text.id} for _, key, _ in self._rates(text)]
        connection.execute(sends.insert(), rows)
        self._add_to_totals(connection, text, now=now)

    def _add_to_totals(self, connection: Connection, text: PlannedText, *, now: int, times: int = 1) -> None:
        price = self.budget.cost(text.segments) * times
        for prefix in (EVERYWHERE, text.prefix):
            _add(connection, prefix, text.kind, now=now, messages=times, nanodollars=price)

    def _alarm(self, connection: Connection, prefix: str, now: int) -> Alarm | None:
        sent, _, approved = _totals(connection, prefix, now)
        notices, _, _ = _totals(connection, prefix, now, kind="notice")
        codes = sent - notices
        if codes < self.budget.conversion_sample or approved >= codes * Decimal(str(self.budget.conversion_floor)):
            return None
        mine = (send_totals.c.day == now // DAY_MS, send_totals.c.prefix == prefix)
        if connection.execute(select(func.max(send_totals.c.alarmed)).where(*mine)).scalar_one():
            return None  # once a day is enough
        connection.execute(update(send_totals).where(*mine).values(alarmed=1))
        return Alarm(now // DAY_MS, prefix, codes, approved)


def _require_rate(connection: Connection, limit: Limit, key: str, most: int, *, now: int) -> None:
    """Refuse once the last hour holds ``most`` texts under this key, until the oldest of them leaves it."""
    recent = select(sends.c.at).where(sends.c.key == key, sends.c.at > now - HOUR_MS)
    times = connection.execute(recent.order_by(sends.c.at.desc()).limit(most)).scalars().all()
    if len(times) >= most:
        raise SendLimitReached(
            timedelta(milliseconds=times[-1] + HOUR_MS - now),
            limit=limit,
            why=f"The texts of this {limit} (SendBudget: {most} in sixty minutes) are used up.",
        )


def _require_room(limit: Limit, wanted: int, most: int, *, now: int) -> None:
    if wanted > most:
        raise SendLimitReached(
            timedelta(milliseconds=DAY_MS - now % DAY_MS),
            limit=limit,
            why=f"SendBudget's limit for {limit} is used up until midnight UTC. Raise it only if the texts are honest.",
        )


def _totals(connection: Connection, prefix: str, now: int, *, kind: Kind | None = None) -> tuple[int, int, int]:
    """Messages, nanodollars and approvals of the day."""
    columns = (send_totals.c.messages, send_totals.c.nanodollars, send_totals.c.approved)
    query = select(*(func.coalesce(func.sum(column), 0) for column in columns)).where(
        send_totals.c.day == now // DAY_MS, send_totals.c.prefix == prefix
    )
    if kind is not None:
        query = query.where(send_totals.c.kind == kind)
    messages, nanodollars, approved = connection.execute(query).one()
    return int(messages), int(nanodollars), int(approved)


def _add(connection: Connection, prefix: str, kind: Kind, *, now: int, **amounts: int) -> None:
    start: dict[str, Any] = {"messages": 0, "nanodollars": 0, "approved": 0, "alarmed": 0}
    row = upsert(connection, send_totals).values(day=now // DAY_MS, prefix=prefix, kind=kind, **start | amounts)
    more = {name: send_totals.c[name] + amount for name, amount in amounts.items()}
    keys = ["day", "prefix", "kind"]
    connection.execute(row.on_conflict_do_update(index_elements=keys, set_=more))
