"""What a text means, and what is done about it.

STOP and UNSTOP are Flowroute's: it blocks our texts to that phone, unblocks them and answers (flowroute-api.md §7); we
only remember. HELP and NO are ours. Anything else is counted and left alone.
"""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Final, Literal

from sqlalchemy import Connection, Engine, select, tuple_

from helpers.accounts import Accounts
from helpers.clock import Clock, from_ms, to_ms
from helpers.database import reading, take_turn, upsert
from helpers.message_length import measure
from helpers.phone_numbers import PhoneNumber
from helpers.secret import Secret
from helpers.webhooks.store import PostedStore
from helpers.webhooks.tables import opt_outs

Word = Literal["STOP", "UNSTOP", "HELP", "NO", "other"]
HELP_EVERY: Final = timedelta(hours=1)
"""How often one phone is answered, and how old a HELP may be: an answer the day after only puzzles."""
HELP_A_DAY: Final = 200
"""Answers to all phones within 24 hours. Who texts HELP a thousand times must not cost a thousand texts."""
DAY: Final = timedelta(days=1)
ANSWERED: Final = "answered"


def word_of(body: str) -> Word:
    """What a text says. Only a text that is nothing but the word: "STOP PLEASE" blocks nothing (§7).

    STOP and UNSTOP are read as Flowroute reads them, or what we remember would not be what it does. A NO may end like a
    sentence.
    """
    plain = body.strip().upper()
    if plain in ("STOP", "UNSTOP", "HELP"):
        return plain  # type: ignore[return-value]
    return "NO" if plain.rstrip(" .!,;:") == "NO" else "other"


def help_text(brand: str, contact: str) -> str:
    """The answer to HELP: who we are, what we text, how to end it, where to ask. One segment, and no link.

    Raises:
        ValueError: it is over one segment: brand and contact are plain ASCII, and short.
    """
    ask = f" Questions? Call {contact}." if contact else ""
    text = (
        f"{brand}: we text you codes when you sign in, and a notice when your phone is changed.{ask} "
        "Reply STOP to end them."
    )
    if not text.isascii() or measure(text).segments > 1:
        raise ValueError("The answer to HELP is over one segment: brand and contact are plain ASCII, and short.")
    return text


class Replies:
    """Acts on texts from phones.

    Args:
        engine: the database of the accounts.
        store: what was posted.
        accounts: are told of a NO.
        keys: hide the phones: the code key, and then those of before, so that a change of key forgets no STOP.
        clock: the time.
    """

    def __init__(
        self, engine: Engine, *, store: PostedStore, accounts: Accounts, keys: Sequence[Secret[bytes]], clock: Clock
    ) -> None:
        self._engine = engine
        self._store = store
        self._accounts = accounts
        self._keys = [hmac.digest(key.reveal(), b"webhooks", sha256) for key in keys]
        self._clock = clock

    def phone_key(self, phone: PhoneNumber) -> str:
        """A phone, as the tables know it: they name nobody."""
        return _hidden(phone, self._keys[0])

    def act(
        self, connection: Connection, word: Word, phone: PhoneNumber, *, said_at: datetime, row: dict[str, Any]
    ) -> str:
        """Do what a text asks for, in the transaction that takes its post out of ``waiting``.

        Returns:
            What was done; :data:`ANSWERED` where the answer is still to be sent, after the commit.
        """
        if word in ("STOP", "UNSTOP"):
            self._remember(connection, word, self.phone_key(phone), said_at=said_at, message_id=row["message_id"])
            return "opted out" if word == "STOP" else "opted in"
        if word == "HELP":
            return self._help(connection, self.phone_key(phone), said_at=said_at)
        if word == "NO":
            denied = self._accounts.deny(connection, phone, said_at=said_at, message_id=row["message_id"])
            return f"denied {denied}"
        return "nothing to do"

    def opted_out(self, phone: PhoneNumber) -> datetime | None:
        """Since when a phone gets no texts from us, UTC, as far as we heard; None where it does.

        For the page that asks for a code. It refuses nothing: Flowroute does, and knows better (``OptedOut``).
        """
        mine = opt_outs.c.phone_key.in_([_hidden(phone, key) for key in self._keys])
        said_last = select(opt_outs).where(mine).order_by(opt_outs.c.said_at.desc(), opt_outs.c.message_id.desc())
        with reading(self._engine) as connection:
            row = connection.execute(said_last.limit(1)).one_or_none()
        return None if row is None or row.word != "STOP" else from_ms(row.said_at)

    def _remember(
        self, connection: Connection, word: Word, phone_key: str, *, said_at: datetime, message_id: str
    ) -> None:
        """The word that was said last counts, whichever arrives last."""
        said = {"word": word, "said_at": to_ms(said_at), "message_id": message_id}
        insert = upsert(connection, opt_outs).values(phone_key=phone_key, **said)
        later = tuple_(opt_outs.c.said_at, opt_outs.c.message_id) < tuple_(
            insert.excluded.said_at, insert.excluded.message_id
        )
        connection.execute(insert.on_conflict_do_update(index_elements=["phone_key"], set_=said, where=later))

    def _help(self, connection: Connection, phone_key: str, *, said_at: datetime) -> str:
        """Claim an answer. It is sent after the commit: a crash may cost it, and never sends two."""
        take_turn(connection, "answers to HELP")
        now = self._clock.now()
        if now - said_at >= HELP_EVERY:
            return "too late to answer"
        if self._store.acted(connection, ANSWERED, since=to_ms(now - HELP_EVERY), phone_key=phone_key):
            return "answered lately"
        if self._store.acted(connection, ANSWERED, since=to_ms(now - DAY)) >= HELP_A_DAY:
            return "no answers left today"
        return ANSWERED


def _hidden(phone: PhoneNumber, key: bytes) -> str:
    return hmac.digest(key, f"phone\0{phone.e164}".encode(), sha256).hex()[:32]
