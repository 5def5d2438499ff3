"""An authenticator app: a code of six digits that the app and the site compute alike from a shared secret and the time.

SHA-1, 30 seconds and six digits: what RFC 6238 has as its default, and what every app can do; several apps ignore
anything else in the QR code and then show codes that are never right. (SHA-1's known weakness is in finding two texts
with one hash. An HMAC does not rest on that: RFC 6151 says so of MD5 already.)
"""

from __future__ import annotations

import base64
import hmac
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

import pyotp
import segno
from sqlalchemy import ColumnElement, Connection, Engine, delete, select, update

from helpers.alternatives.errors import NoTotp, TotpDisabled, TotpSetupOver, TotpUsed, WrongTotp
from helpers.alternatives.sealing import Vault
from helpers.alternatives.tables import Row, totp_apps
from helpers.clock import Clock, from_ms
from helpers.database import reading
from helpers.secret import Secret
from helpers.verification import AuthenticatorDisabled, CodeKeys, Limits
from helpers.verification.codes import normalise_code

TOTP: Final = "totp"
"""What its failures are counted under, and the name of this way to sign in."""
SECRET_BYTES: Final = 20  # RFC 4226 §4, R6: 160 bits
STEP: Final = timedelta(seconds=30)
DIGITS: Final = 6
DRIFT: Final = (-1, 0, 1)
"""One step back, for a code that was typed slowly (RFC 6238 §5.2), and one ahead, for a phone that is fast (§6)."""
SETUP_LIFETIME: Final = timedelta(minutes=10)
"""How long a secret waits for its first code. After that it has been on a screen for too long."""
_STEP_MS: Final = STEP // timedelta(milliseconds=1)
_LIFETIME_MS: Final = SETUP_LIFETIME // timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class TotpSetup:
    """A secret on its way into an app. It is shown once, and counts when a first code has come back.

    Attributes:
        account: whose.
        secret: in base 32, as apps take it.
        uri: ``otpauth://totp/Example%20Bank:ana?…``, what the QR code says.
        expires_at: until when the first code is waited for, UTC.
    """

    account: str
    secret: Secret[str] = field(repr=False)
    uri: Secret[str] = field(repr=False)
    expires_at: datetime

    @property
    def by_hand(self) -> Secret[str]:
        """The secret in groups of four, for somebody who cannot scan."""
        plain = self.secret.reveal()
        return Secret(" ".join(plain[start : start + 4] for start in range(0, len(plain), 4)))

    def qr_svg(self) -> str:
        """The QR code as an SVG picture. It holds the secret: show it, and do not keep it."""
        return self._qr().svg_inline(scale=5, title=self.title, dark="#000", light="#fff")

    def qr_data_uri(self) -> str:
        """The same as the source of an ``<img>``."""
        return self._qr().svg_data_uri(scale=5, title=self.title, dark="#000", light="#fff")

    @property
    def title(self) -> str:
        """What the picture shows, for those who cannot see it."""
        return f"QR code that adds the account {self.account} to an authenticator app"

    def _qr(self) -> segno.QRCode:
        return segno.make_qr(self.uri.reveal(), error="m")


@dataclass(frozen=True, slots=True)
class TotpMatch:
    """A code that is right, if it was not used before: see :meth:`Totp.use`."""

    account: str
    step: int
    key_id: str
    sealed: bytes = field(repr=False)
    secret: Secret[bytes] = field(repr=False)


class Totp:
    """The authenticator apps of one database's accounts: one each.

    A method that takes a ``connection`` is part of its caller's transaction.

    Args:
        engine: where the table is.
        keys: what the secrets are encrypted under.
        limits: counts the failures.
        clock: the time.
        issuer: whose account it is, as the app shows it.
    """

    def __init__(self, engine: Engine, *, keys: CodeKeys, limits: Limits, clock: Clock, issuer: str) -> None:
        self._engine = engine
        self._vault = Vault(keys)
        self._limits = limits
        self._clock = clock
        self._issuer = issuer

    # An app is set up

    def begin(self, connection: Connection, account: str) -> TotpSetup:
        """Make a secret for an app, in the place of any other that waits. An app that is active stays so meanwhile."""
        secret = Secret(secrets.token_bytes(SECRET_BYTES))
        now = self._clock.now_ms()
        over = totp_apps.c.created_at <= now - _LIFETIME_MS
        connection.execute(delete(totp_apps).where(totp_apps.c.state == "pending", over | _is(account)))
        row = {"account": account, "state": "pending", "last_step": 0, "created_at": now}
        connection.execute(totp_apps.insert().values(row | self._sealed(secret, account)))
        code = _codes_of(secret)
        uri = code.provisioning_uri(name=account, issuer_name=self._issuer)
        return TotpSetup(account, Secret(code.secret), Secret(uri), from_ms(now) + SETUP_LIFETIME)

    def first_code(self, account: str, code: str) -> TotpMatch:
        """Look at the first code of an app that waits.

        Nobody is charged: whoever may see this secret on the screen has nothing to gain by guessing at its codes.

        Raises:
            InvalidCode, WrongTotp. TotpSetupOver: none waits, or no longer.
        """
        typed = normalise_code(code, digits=DIGITS, where="your app")
        row = self._find(account, "pending")
        if row is None or row["created_at"] <= self._clock.now_ms() - _LIFETIME_MS:
            raise TotpSetupOver
        secret = self._secret_in(row)
        if secret is None:  # its key went meanwhile
            raise TotpSetupOver
        return TotpMatch(account, self._step_of(typed, secret), row["key_id"], row["sealed"], secret)

    def activate(self, connection: Connection, match: TotpMatch) -> None:
        """From now on this app is the account's, and the one before it is not. Its first code is used up.

        Raises:
            TotpSetupOver: another one was begun, or was activated, meanwhile.
        """
        connection.execute(delete(totp_apps).where(*_of(match.account, "active")))
        mine = (*_of(match.account, "pending"), totp_apps.c.sealed == match.sealed)
        values = {"state": "active", "last_step": match.step, "created_at": self._clock.now_ms()}
        if not connection.execute(update(totp_apps).where(*mine).values(values)).rowcount:
            raise TotpSetupOver
        self._limits.clear(connection, match.account, authenticators=(TOTP,))

    # An app is used

    def check(self, account: str, code: str) -> TotpMatch:
        """Charge a failure, then compare. What comes back is right, and may be used already: :meth:`use` decides.

        Raises:
            InvalidCode: not a code; nobody is charged.
            NoTotp: there is no app.
            WrongTotp: compared and refused.
            TotpDisabled, ChecksPaused: not compared, nobody is charged.
        """
        typed = normalise_code(code, digits=DIGITS, where="your app")
        row = self._find(account, "active")
        secret = self._secret_in(row) if row is not None else None
        if row is None or secret is None:
            raise NoTotp
        try:
            self._limits.charge(account, authenticator=TOTP)
        except AuthenticatorDisabled:
            raise TotpDisabled from None
        return TotpMatch(account, self._step_of(typed, secret), row["key_id"], row["sealed"], secret)

    def use(self, connection: Connection, match: TotpMatch) -> None:
        """Use a right code up, once: of two that come with it at the same time, one UPDATE finds it unused.

        The row of failures is over; and a secret that is still encrypted under an older key moves to the current one.

        Raises:
            TotpUsed: this code, or a newer one, was accepted meanwhile; or the app was replaced.
        """
        unused = (
            *_of(match.account, "active"),
            totp_apps.c.sealed == match.sealed,
            totp_apps.c.last_step < match.step,
        )
        values: Row = {"last_step": match.step}
        if match.key_id != self._vault.current_id:
            values |= self._sealed(match.secret, match.account)
        if not connection.execute(update(totp_apps).where(*unused).values(values)).rowcount:
            raise TotpUsed
        self._limits.clear(connection, match.account, authenticators=(TOTP,))

    def has(self, account: str) -> bool:
        """Whether the account has an app that can be used, or could but for its failures."""
        row = self._find(account, "active")
        return row is not None and self._secret_in(row) is not None

    def remove(self, connection: Connection, account: str) -> bool:
        """Forget the app, and one that waits. False where none was active."""
        connection.execute(delete(totp_apps).where(*_of(account, "pending")))
        return bool(connection.execute(delete(totp_apps).where(*_of(account, "active"))).rowcount)

    # Underneath

    def _find(self, account: str, state: str) -> Row | None:
        with reading(self._engine) as connection:
            found = connection.execute(select(totp_apps).where(*_of(account, state))).one_or_none()
        return found._asdict() if found is not None else None

    def _secret_in(self, row: Row) -> Secret[bytes] | None:
        return self._vault.open(row["sealed"], key_id=row["key_id"], account=row["account"])

    def _sealed(self, secret: Secret[bytes], account: str) -> Row:
        return {"key_id": self._vault.current_id, "sealed": self._vault.seal(secret, account=account)}

    def _step_of(self, typed: str, secret: Secret[bytes]) -> int:
        """Which step a code belongs to, of those that may be typed now.

        Each is compared, and each in constant time: nothing is learnt from how long it took.

        Raises:
            WrongTotp: none.
        """
        code, now = _codes_of(secret), self._clock.now_ms() // _STEP_MS
        steps = [now + drift for drift in DRIFT]
        fits = [hmac.compare_digest(code.generate_otp(step), typed) for step in steps]
        if not any(fits):
            raise WrongTotp
        return max(step for step, fit in zip(steps, fits, strict=True) if fit)


def _of(account: str, state: str) -> tuple[ColumnElement[bool], ...]:
    return (_is(account), totp_apps.c.state == state)


def _is(account: str) -> ColumnElement[bool]:
    return totp_apps.c.account == account


def _codes_of(secret: Secret[bytes]) -> pyotp.TOTP:
    return pyotp.TOTP(base64.b32encode(secret.reveal()).decode(), digits=DIGITS, interval=int(STEP.total_seconds()))
