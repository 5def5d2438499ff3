"""Recovery codes: ten on paper, each good once, for the day the phone is gone (NIST SP 800-63B-4 §4.2.1.1)."""

from __future__ import annotations

import hmac
import secrets
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final

from sqlalchemy import Connection, Engine, delete, func, select

from helpers.alternatives.errors import NoRecoveryCodes, RecoveryCodesDisabled, WrongRecoveryCode
from helpers.alternatives.tables import recovery_codes
from helpers.clock import Clock
from helpers.database import reading
from helpers.secret import Secret
from helpers.verification import AuthenticatorDisabled, CodeKeys, InvalidCode, Limits

RECOVERY: Final = "recovery"
"""What their failures are counted under, and the name of this way to sign in."""
HOW_MANY: Final = 10
ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Douglas Crockford's base 32: no I, L, O and U, so that nothing can be misread, and no word comes up by chance."""
LENGTH: Final = 16
"""Sixteen characters of five bits: 80, where NIST asks for 64 (§4.2.1.1)."""
_MISREAD: Final = str.maketrans("OIL", "011")


@dataclass(frozen=True, slots=True)
class RecoveryCodeSet:
    """New recovery codes. This is the one time that they can be seen."""

    account: str
    codes: tuple[Secret[str], ...] = field(repr=False)

    def lines(self) -> list[str]:
        """The codes as they are written down: ``7K3M-9QZX-04TF-B2RD``."""
        return [code.reveal() for code in self.codes]


@dataclass(frozen=True, slots=True)
class RecoveryMatch:
    """A code that is one of the account's, and not used up yet: see :meth:`RecoveryCodes.use`."""

    account: str
    code_hmac: bytes = field(repr=False)


class RecoveryCodes:
    """The recovery codes of one database's accounts. Kept as HMACs, under a key that is not in the database.

    When the key is changed, codes made with a key that is still named go on working; once a key is gone, so are they,
    and new ones have to be made.

    Args:
        engine: where the table is.
        keys: what they are hashed under.
        limits: counts the failures.
        clock: the time.
    """

    def __init__(self, engine: Engine, *, keys: CodeKeys, limits: Limits, clock: Clock) -> None:
        self._engine = engine
        self._keys = keys
        self._limits = limits
        self._clock = clock

    def replace(self, connection: Connection, account: str) -> RecoveryCodeSet:
        """Make ten; all older ones stop working."""
        self.remove(connection, account)
        made = RecoveryCodeSet(account, tuple(Secret(_grouped(_random_code())) for _ in range(HOW_MANY)))
        rows = [
            {
                "account": account,
                "code_hmac": _hash(self._keys.current, account, _plain(code.reveal())),
                "key_id": self._keys.current_id,
                "created_at": self._clock.now_ms(),
            }
            for code in made.codes
        ]
        connection.execute(recovery_codes.insert(), rows)
        self._limits.clear(connection, account, authenticators=(RECOVERY,))
        return made

    def check(self, account: str, typed: str) -> RecoveryMatch:
        """Charge a failure, then look the code up. What comes back has still to be used: :meth:`use`.

        (The database compares HMACs, not codes: how long that takes says nothing to somebody without the key.)

        Raises:
            InvalidCode: cannot be one; nobody is charged. NoRecoveryCodes: there are none left.
            WrongRecoveryCode: none of them. RecoveryCodesDisabled, ChecksPaused: not compared, nobody is charged.
        """
        plain = _plain(typed)
        if not self.left(account):
            raise NoRecoveryCodes
        try:
            self._limits.charge(account, authenticator=RECOVERY)
        except AuthenticatorDisabled:
            raise RecoveryCodesDisabled from None
        hashes = list(self._hashes(account, plain))
        column = recovery_codes.c
        with reading(self._engine) as connection:
            mine = select(column.code_hmac).where(column.account == account, column.code_hmac.in_(hashes))
            found = connection.execute(mine).scalar_one_or_none()
        if found is None:
            raise WrongRecoveryCode
        return RecoveryMatch(account, found)

    def use(self, connection: Connection, match: RecoveryMatch) -> None:
        """Use a code up, once: of two that come with it at the same time, one DELETE finds it.

        Raises:
            WrongRecoveryCode: it was used, or replaced, meanwhile.
        """
        mine = (recovery_codes.c.account == match.account, recovery_codes.c.code_hmac == match.code_hmac)
        if not connection.execute(delete(recovery_codes).where(*mine)).rowcount:
            raise WrongRecoveryCode
        self._limits.clear(connection, match.account, authenticators=(RECOVERY,))

    def left(self, account: str) -> int:
        """How many still work. Those whose key is gone do not."""
        column = recovery_codes.c
        mine = (column.account == account, column.key_id.in_(self._keys.ids))
        with reading(self._engine) as connection:
            return connection.execute(select(func.count()).select_from(recovery_codes).where(*mine)).scalar_one()

    def remove(self, connection: Connection, account: str) -> None:
        """Forget them all."""
        connection.execute(delete(recovery_codes).where(recovery_codes.c.account == account))

    def _hashes(self, account: str, plain: str) -> Iterator[bytes]:
        for key_id in self._keys.ids:
            yield _hash(self._keys.key_of({"key_id": key_id}), account, plain)


def _random_code() -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))


def _grouped(code: str) -> str:
    return "-".join(code[start : start + 4] for start in range(0, LENGTH, 4))


def _plain(typed: str) -> str:
    """What a person typed, as the code it can mean: any case, hyphens and spaces or none, O for 0, I or L for 1.

    Raises:
        InvalidCode: it cannot be one. The typed text is not repeated.
    """
    kept = (
        character
        for character in unicodedata.normalize("NFKC", typed)
        if not character.isspace() and unicodedata.category(character) not in ("Pd", "Cf")
    )
    plain = "".join(kept).upper().translate(_MISREAD)
    if len(plain) != LENGTH or not set(plain) <= set(ALPHABET):
        raise InvalidCode(f"A recovery code has {LENGTH} letters and digits, in four groups. Look at your list again.")
    return plain


def _hash(key: Secret[bytes], account: str, plain: str) -> bytes:
    """HMAC-SHA256 of a code with the account that it is good for.

    The label keeps it apart from everything else that the code key does; the code's length is fixed, so account and
    code cannot run into each other.
    """
    return hmac.digest(key.reveal(), b"recovery code" + plain.encode() + account.encode(), sha256)
