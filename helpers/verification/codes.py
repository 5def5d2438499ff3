"""Codes: made at random, kept as text, stored only as an HMAC, sent in a text that names its sender and its site."""

from __future__ import annotations

import hmac
import re
import secrets
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import timedelta
from hashlib import sha256
from typing import Any, Final

from helpers.message_length import measure
from helpers.secret import Secret
from helpers.verification.errors import InvalidCode, in_words

MIN_KEY_BYTES: Final = 32
_ORIGIN = re.compile(r"(?=.{1,253}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*")


def new_code(digits: int = 6) -> str:
    """A random code, as text, so that ``012345`` keeps its zero (NIST SP 800-63B-4 §3.1.3.2, §3.2.12; ASVS 6.5.3).

    Six digits have a million values, 19.93 bits: too few to stand without a limit on guesses.
    """
    return f"{secrets.randbelow(10**digits):0{digits}d}"


def derived_code(key: Secret[bytes], nonce: bytes, *, digits: int = 6) -> str:
    """The code that belongs to a nonce: the same each time, and nothing to anybody without the key.

    For ``ResendPolicy.SAME_CODE``: a code that is stored as an HMAC cannot be read back, so it has to be made again.
    """
    count = 10**digits
    unbiased = 2**64 // count * count  # above it, low codes would come up more often than high ones
    for turn in range(100):
        drawn = hmac.digest(key.reveal(), b"derived code" + nonce + turn.to_bytes(4, "big"), sha256)
        if (number := int.from_bytes(drawn[:8], "big")) < unbiased:
            return f"{number % count:0{digits}d}"
    raise AssertionError("a hundred draws above a bound that one in a billion passes")


def normalise_code(typed: str, *, digits: int = 6, where: str = "the text") -> str:
    """What a person typed, as the code it can mean: spaces and hyphens gone, full-width digits made plain.

    Args:
        where: where the person finds it, for the words of a refusal.

    Raises:
        InvalidCode: it cannot be a code. The message says why; the typed text is not repeated.
    """
    if not isinstance(typed, str):
        raise InvalidCode("A code is text, not a number: a number has no leading zeros. Put it in quotes.")
    plain = "".join(
        character
        for character in unicodedata.normalize("NFKC", typed)
        if not character.isspace() and unicodedata.category(character) not in ("Pd", "Cf")
    )
    if not plain:
        raise InvalidCode(f"Type the {digits} digits from {where}.")
    if not (plain.isascii() and plain.isdigit()):
        raise InvalidCode(f"A code has only digits. Type the {digits} digits from {where}.")
    if len(plain) != digits:
        raise InvalidCode(f"A code has {digits} digits, and you typed {len(plain)}.")
    return plain


def code_hmac(
    key: Secret[bytes], *, verification: str, account: str, purpose: str, phone: str, generation: int, code: str
) -> bytes:
    """HMAC-SHA256 of a code with everything it is good for: good there, and nowhere else.

    A hash without a key would not hide six digits: a million tries find it. The key is never in the database.
    """
    parts = (verification, account, purpose, phone, str(generation), code)
    # Each part with its length in front: "ab"+"c" and "a"+"bc" must not be the same message.
    message = b"".join(len(part.encode()).to_bytes(4, "big") + part.encode() for part in parts)
    return hmac.digest(key.reveal(), message, sha256)


def key_id(key: Secret[bytes]) -> str:
    """A short name for a key, stored beside each HMAC, so that a key can be changed while codes are live."""
    return hmac.digest(key.reveal(), b"key id", sha256).hex()[:8]


class CodeKeys:
    """The key that codes are made with, and those before it while a key is being changed.

    Raises:
        ValueError: a key is shorter than 32 bytes.
    """

    def __init__(self, current: Secret[bytes], previous: Sequence[Secret[bytes]] = ()) -> None:
        self.current = current
        self.current_id: Final = key_id(current)
        self._keys = {key_id(key): key for key in (*previous, current)}
        if any(len(key.reveal()) < MIN_KEY_BYTES for key in self._keys.values()):
            raise ValueError(f"The code key has at least {MIN_KEY_BYTES} bytes: secrets.token_bytes({MIN_KEY_BYTES}).")

    @property
    def ids(self) -> list[str]:
        """The keys whose codes can still be checked."""
        return list(self._keys)

    def key_of(self, row: Mapping[str, Any]) -> Secret[bytes]:
        """The key that a row's codes are made with."""
        return self._keys[row["key_id"]]

    def hmac(self, row: Mapping[str, Any], code: str, *, generation: int) -> bytes:
        """The HMAC of a code as the so-manyth one of a verification."""
        return code_hmac(
            self.key_of(row),
            verification=row["id"],
            account=row["account"],
            purpose=row["purpose"],
            phone=row["phone"],
            generation=generation,
            code=code,
        )

    def match(self, row: Mapping[str, Any], code: str, *, generation: int, stored: bytes | None) -> bool:
        """Whether a code is the one whose HMAC is stored. In constant time, so that no digit can be told from it."""
        return hmac.compare_digest(self.hmac(row, code, generation=generation), stored or b"")


def code_text(code: str, *, brand: str, origin: str, lifetime: timedelta, reply_no: bool = False) -> str:
    """The text: who sends it, the code, how long it lives, and a last line that binds it to a site.

    The last line is the origin-bound form (WICG, "Origin-bound one-time codes delivered via SMS"): a phone offers to
    fill the code in on that site alone. Plain ASCII and at most 160 characters: always one segment.

    Args:
        reply_no: invite whoever did not ask for it to say so. Only true where somebody listens (helpers/webhooks).

    Raises:
        ValueError: ``brand`` or ``origin`` cannot stand in such a text.
    """
    if not _ORIGIN.fullmatch(origin):
        raise ValueError("origin is a host name in lower case, without https:// and port, for example bank.example.")
    if not brand or not brand.isascii() or not brand.isprintable():
        raise ValueError("brand is plain ASCII text on one line: other letters would double the cost of each text.")
    # Rounded down: a text must not promise a minute that the code does not have.
    unit = timedelta(minutes=1) if lifetime >= timedelta(seconds=90) else timedelta(seconds=1)
    promised = in_words(lifetime // unit * unit)
    warning = "Nobody will ever ask you for it." + (" Not you? Reply NO." if reply_no else "")
    text = f"{brand}: your code is {code}. It works for {promised}. {warning}\n\n@{origin} #{code}"
    if measure(text).segments > 1:
        raise ValueError("The text is over 160 characters: shorten brand or origin, so that it stays one segment.")
    return text
