"""Phone numbers: E.164 in, Flowroute's 11 digits out, masked wherever they are printed.

The parsing is Google's libphonenumber (the ``phonenumberslite`` package). What this module adds is words: every refusal
says what is wrong with the number, and a number shows only its last two digits unless asked by name for all of them.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass
from enum import Enum

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat, PhoneNumberType, ValidationResult

from helpers.errors import CourseError
from helpers.secret import MASK


class NumberKind(Enum):
    """What sort of line a number is, by libphonenumber's tables (its names, in words)."""

    MOBILE = "mobile"
    FIXED_LINE = "landline"
    FIXED_LINE_OR_MOBILE = "landline or mobile"
    TOLL_FREE = "toll-free"
    PREMIUM_RATE = "premium-rate"
    SHARED_COST = "shared-cost"
    PERSONAL = "personal"
    VOIP = "internet (VoIP)"
    PAGER = "pager"
    OTHER = "other"


_KINDS = {
    PhoneNumberType.MOBILE: NumberKind.MOBILE,
    PhoneNumberType.FIXED_LINE: NumberKind.FIXED_LINE,
    PhoneNumberType.FIXED_LINE_OR_MOBILE: NumberKind.FIXED_LINE_OR_MOBILE,
    PhoneNumberType.TOLL_FREE: NumberKind.TOLL_FREE,
    PhoneNumberType.PREMIUM_RATE: NumberKind.PREMIUM_RATE,
    PhoneNumberType.SHARED_COST: NumberKind.SHARED_COST,
    PhoneNumberType.PERSONAL_NUMBER: NumberKind.PERSONAL,
    PhoneNumberType.VOIP: NumberKind.VOIP,
    PhoneNumberType.PAGER: NumberKind.PAGER,
}

TEXTABLE_KINDS = frozenset({NumberKind.MOBILE, NumberKind.FIXED_LINE_OR_MOBILE, NumberKind.VOIP})
"""Kinds that can be a person's phone. In the US and Canada nobody can tell a mobile from a landline by its digits."""


class PhoneNumberError(CourseError, ValueError):
    """The text is not a number we can use. ``user_message`` says what is wrong, without repeating the number."""

    def __init__(self, user_message: str) -> None:
        super().__init__(user_message)
        self.user_message = user_message


@dataclass(frozen=True, slots=True, repr=False)
class PhoneNumber:
    """One phone number. ``str()`` and ``repr()`` are masked; ask for :attr:`e164` or :attr:`digits` to get all of it.

    Source: ITU-T E.164 (at most 15 digits); the North American plan NXX-NXX-XXXX with N from 2 to 9.
    """

    e164: str

    @classmethod
    def parse(cls, text: str | PhoneNumber, *, region: str = "US") -> PhoneNumber:
        """Read a number as people write it: ``206-555-0100``, ``(206) 555 0100``, ``+1 206…``, ``1206…``.

        Args:
            text: what was typed.
            region: the country meant when the number has no ``+`` (ISO 3166 code).

        Raises:
            PhoneNumberError: it cannot be a number; the message says why.
        """
        if isinstance(text, PhoneNumber):
            return text
        typed = unicodedata.normalize("NFKC", text).strip()
        _refuse_what_is_no_number(typed)
        try:
            parsed = phonenumbers.parse(typed, region)
        except NumberParseException as problem:
            raise PhoneNumberError(_PARSE_WORDS.get(problem.error_type, _NOT_A_NUMBER)) from None
        if parsed.extension:
            raise PhoneNumberError("An extension cannot get a text. Leave out the part after the number itself.")
        reason = phonenumbers.is_possible_number_with_reason(parsed)
        if reason != ValidationResult.IS_POSSIBLE:
            raise PhoneNumberError(_length_words(typed, parsed, reason))
        if not phonenumbers.is_valid_number(parsed):
            raise PhoneNumberError(_invalid_words(parsed))
        return cls(phonenumbers.format_number(parsed, PhoneNumberFormat.E164))

    @property
    def digits(self) -> str:
        """Flowroute's form: the digits alone, ``12065550100`` (flowroute-api.md §2.1, §10 row 19)."""
        return self.e164.removeprefix("+")

    @property
    def region(self) -> str:
        """The country the number belongs to, as an ISO 3166 code such as ``US``, ``CA`` or ``JM``."""
        return phonenumbers.region_code_for_number(self._parsed()) or "unknown"

    @property
    def kind(self) -> NumberKind:
        """What sort of line it is, by its digits."""
        return _KINDS.get(phonenumbers.number_type(self._parsed()), NumberKind.OTHER)

    @property
    def national(self) -> str:
        """All of it, as people write it: ``(206) 555-0100``. Shows the whole number: mind where it goes."""
        return str(phonenumbers.format_number(self._parsed(), PhoneNumberFormat.NATIONAL))

    @property
    def last_two(self) -> str:
        """The two digits that may be shown to somebody who is not signed in yet."""
        return self.e164[-2:]

    @property
    def masked(self) -> str:
        """``••• ••• ••00``: enough for its owner to know which phone to look at."""
        return f"••• ••• ••{self.last_two}"

    def require_textable(
        self, *, regions: Collection[str] = ("US", "CA"), kinds: Collection[NumberKind] = TEXTABLE_KINDS
    ) -> PhoneNumber:
        """This number, if it is of a country and a kind that we text; a parser alone lets premium lines through.

        Raises:
            PhoneNumberError: another country, or a line that costs money or is no phone.
        """
        if self.region not in regions:
            raise PhoneNumberError(
                f"This number belongs to {self.region}. We text numbers of these countries only: {', '.join(regions)}."
            )
        if self.kind not in kinds:
            raise PhoneNumberError(f"This is a {self.kind.value} number. Give the number of a mobile phone.")
        return self

    def _parsed(self) -> phonenumbers.PhoneNumber:
        return phonenumbers.parse(self.e164, None)

    def __str__(self) -> str:
        return self.masked

    def __format__(self, spec: str) -> str:
        return format(self.masked, spec)

    def __repr__(self) -> str:
        return f"PhoneNumber({self.masked!r})"


def mask_numbers(text: str) -> str:
    """A text in which every number of ten to fifteen digits keeps its last two; an id (hexadecimal) is no number."""
    return re.sub(r"(?<![0-9a-f])\+?\(?(?:\d[ ().-]{0,2}){8,13}(\d\d)(?![0-9a-f])", rf"{MASK}\1", text)


_NOT_A_NUMBER = "That is not a phone number. Type ten digits, for example 206-555-0100."
_PARSE_WORDS = {
    NumberParseException.INVALID_COUNTRY_CODE: "No country has that code after the +. For the US or Canada it is +1.",
    NumberParseException.NOT_A_NUMBER: _NOT_A_NUMBER,
    NumberParseException.TOO_SHORT_NSN: "That number is too short. A US number has ten digits.",
    NumberParseException.TOO_SHORT_AFTER_IDD: "That number is too short. A US number has ten digits.",
    NumberParseException.TOO_LONG: "That number is too long. No phone number has more than 15 digits.",
}


def _refuse_what_is_no_number(typed: str) -> None:
    if not typed:
        raise PhoneNumberError("The number is empty. Type ten digits, for example 206-555-0100.")
    if any(character.isalpha() for character in typed):
        # libphonenumber turns letters into digits (1-800-FLOWERS); a typing slip must not become somebody's number.
        raise PhoneNumberError("A phone number has no letters. Type the digits, for example 206-555-0100.")


def _length_words(typed: str, parsed: phonenumbers.PhoneNumber, reason: int) -> str:
    if parsed.country_code == 1:
        # Counted after a leading 1, which the parser takes for a prefix; ten are left where an area code begins with 0.
        count = len("".join(filter(str.isdigit, typed)).removeprefix("1"))
        if count == 10:
            return _invalid_words(parsed)
        size = "too long" if count > 10 else "too short"
        return f"That number is {size}: {count} digits. A US number has ten, area code included."
    if reason == ValidationResult.TOO_LONG:
        return "That number is too long for its country."
    if reason == ValidationResult.INVALID_COUNTRY_CODE:
        return _PARSE_WORDS[NumberParseException.INVALID_COUNTRY_CODE]
    return "That number has the wrong length for its country."


def _invalid_words(parsed: phonenumbers.PhoneNumber) -> str:
    national = phonenumbers.national_significant_number(parsed)
    if parsed.country_code == 1 and national[:1] in "01":
        return f"No area code begins with {national[0]}. Check the first digits."
    if parsed.country_code == 1 and national[3:4] in "01":
        return f"After the area code no number begins with {national[3]}. Check the fourth digit."
    return "No such number is in use: its first digits belong to no area. Check them."
