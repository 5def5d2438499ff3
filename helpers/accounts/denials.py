""" "This was not me": somebody at an account's phone says that a sign-in was not theirs.

It locks nobody out, since nothing proves who wrote that text: what was under way ends, and the account is told at its
next sign-in, until the person has answered.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import Connection, select, update

from helpers.accounts.errors import SignInAgain
from helpers.accounts.tables import Row, accounts
from helpers.clock import from_ms, to_ms
from helpers.phone_numbers import PhoneNumber
from helpers.verification import Verifier
from helpers.verification.audit import About

SIGN_IN: Final = "sign-in"
SIGN_IN_FIRST: Final = "Sign in again first. We want to be sure that it is you."


class Denials:
    """The denials of one database's accounts."""

    def __init__(self, verifier: Verifier) -> None:
        self._verifier = verifier

    def deny(self, connection: Connection, phone: PhoneNumber, *, said_at: datetime, message_id: str) -> int:
        """End what waits for a code on this phone, and let the accounts be told."""
        denied = self._verifier.deny(connection, phone, said_at=said_at, message_id=message_id)
        moment = to_ms(said_at)
        for name in sorted({each.account for each in denied if each.purpose == SIGN_IN}):
            # The name may be somebody else's by now, with another phone.
            mine = (accounts.c.name == name, accounts.c.phone == phone.e164)
            later = accounts.c.denied_at.is_(None) | (accounts.c.denied_at < moment)
            if connection.execute(update(accounts).where(*mine, later).values(denied_at=moment)).rowcount:
                about: About = {"account": name, "phone": phone, "message_id": message_id}
                self._verifier.audit.note(connection, event="deny", outcome="told at the next sign-in", **about)
        return len(denied)

    def acknowledge(self, connection: Connection, session: Row, *, client: str) -> None:
        """The person was told, and knows who it was. Where there is no denial, nothing is to be done.

        Raises:
            SignInAgain: the session is older than the denial.
        """
        name = session["account"]
        self.require_answerable(connection, session)
        if denied_at(connection, name) is not None:
            connection.execute(update(accounts).where(accounts.c.name == name).values(denied_at=None))
            about: About = {"account": name, "client": client}
            self._verifier.audit.note(connection, event="deny", outcome="acknowledged", **about)

    def require_answerable(self, connection: Connection, session: Row) -> None:
        """Whoever was in before the phone said no must not be the one to answer it.

        Raises:
            SignInAgain: this session was.
        """
        moment = denied_at(connection, session["account"])
        if moment is not None and from_ms(session["created_at"]) <= moment:
            raise SignInAgain(SIGN_IN_FIRST)


def denied_at(connection: Connection, name: str) -> datetime | None:
    """When an account's phone said no, UTC; None where it did not, or where that was answered."""
    moment = connection.execute(select(accounts.c.denied_at).where(accounts.c.name == name)).scalar_one_or_none()
    return None if moment is None else from_ms(moment)
