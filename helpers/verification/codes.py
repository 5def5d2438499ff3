"""Codes: made at random, kept as text, stored only as an HMAC, sent in a text that names its sender and its site."""

from __future__ import annotations

import hmac
import re
import secrets
import unicodedata
from datetime import timedelta
from hashlib import sha256

from helpers.message_length import measure
from helpers.secret import Secret
from helpers.verification.errors import InvalidCode, in_words

_ORIGIN = re.compile(r"(?=.{1,253}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*")


def new_code(digits: int = 6) -> str:
    """A random code, as text, so that ``012345`` keeps its zero (NIST SP 800-63B-4 §3.1.3.2, §3.2.12; ASVS 6.5.3).

    Six digits have a million values, 19.93 bits: too few to stand without a limit on guesses.
    """
    return f"{secrets.randbelow(10**digits):0{digits}d}"


def normalise_code(typed: str, *, digits: int = 6) -> str:
    """What a person typed, as the code it can mean: spaces and hyphens gone, full-width digits made plain.

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
        raise InvalidCode(f"Type the {digits} digits from the text.")
    if not (plain.isascii() and plain.isdigit()):
        raise InvalidCode(f"A code has only digits. Type the {digits} digits from the text.")
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


def code_text(code: str, *, brand: str, origin: str, lifetime: timedelta) -> str:
    """The text: who sends it, the code, how long it lives, and a last line that binds it to a site.

    The last line is the origin-bound form (WICG, "Origin-bound one-time codes delivered via SMS"): a phone offers to
    fill the code in on that site alone. Plain ASCII and at most 160 characters: always one segment.

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
    text = (
        f"{brand}: your code is {code}. It works for {promised}. Nobody will ever ask you for it.\n\n@{origin} #{code}"
    )
    if measure(text).segments > 1:
        raise ValueError("The text is over 160 characters: shorten brand or origin, so that it stays one segment.")
    return text
