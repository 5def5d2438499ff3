"""Failures in a row, of whichever authenticator: codes by text, codes of an app, recovery codes.

Each authenticator of an account has a count of its own (NIST SP 800-63B-4 §3.2.2), and all of them pause and end by the
same policy: who has used up the guesses of one has not used up those of another.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection

from helpers.clock import Clock
from helpers.verification.policy import Policy
from helpers.verification.store import Store


class Limits:
    """The counts of one database's accounts.

    Args:
        store: keeps them.
        policy: after how many failures checks pause, and after how many they end.
        clock: the time.
    """

    def __init__(self, store: Store, *, policy: Policy, clock: Clock) -> None:
        self._store = store
        self._policy = policy
        self._clock = clock

    def charge(self, account: str, *, authenticator: str) -> None:
        """Count a failure and commit it, ahead of the comparison: guesses at once are so many guesses (RFC 4226 §7.3).

        Args:
            authenticator: whose failure it would be, for example ``totp``.

        Raises:
            AuthenticatorDisabled: the failures are at the cap; nothing was charged.
            ChecksPaused: the pause after the last failures is not over; nothing was charged.
        """
        self._store.charge(account, authenticator=authenticator, policy=self._policy, now=self._clock.now_ms())

    def clear(self, connection: Connection, account: str, *, authenticators: Sequence[str]) -> None:
        """Start counting from nothing: a success, or an authenticator that was bound anew."""
        self._store.clear_failures(connection, account, authenticators=authenticators)

    def disabled(self, account: str, *, authenticator: str) -> bool:
        """Whether the failures are at the cap: this authenticator is switched off until it is bound again."""
        return self._store.failures(account, authenticator=authenticator) >= self._policy.account_failure_cap
