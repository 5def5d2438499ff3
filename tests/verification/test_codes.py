"""Codes: how they are made, read, stored and sent."""

from __future__ import annotations

import contextlib
import itertools
import re
import secrets
from collections import Counter
from collections.abc import Callable
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from verification_bench import KEY, OTHER_KEY

from helpers.display.phone import code_in as code_in_text
from helpers.message_length import measure
from helpers.verification import InvalidCode
from helpers.verification.codes import code_hmac, code_text, key_id, new_code, normalise_code

FIVE_MINUTES = timedelta(minutes=5)
BETWEEN = st.sampled_from([" ", "\u00a0", "\u2009", "\u3000", "\t", "\n", "\u200b", "\u200e", "\ufeff", "\u00ad"])
DASHES = st.sampled_from(["-", "\u2010", "\u2011", "\u2012", "\u2013", "\u2014", "\u2015", "\ufe63", "\uff0d"])
FULL_WIDTH = str.maketrans("0123456789", "".join(chr(0xFF10 + n) for n in range(10)))
digits6 = st.integers(0, 999_999).map("{:06d}".format)


# How a code is made


def test_the_whole_range_is_asked_of_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    monkeypatch.setattr(secrets, "randbelow", lambda bound: asked.append(bound) or bound - 1)
    assert [new_code(), new_code(8), new_code(10)] == ["999999", "99999999", "9999999999"]
    assert asked == [10**6, 10**8, 10**10]


def test_every_number_becomes_its_own_text(monkeypatch: pytest.MonkeyPatch) -> None:
    """Exhaustive: a million draws give a million codes, so the code is exactly as uniform as ``secrets.randbelow``."""
    draws = iter(range(10**6))
    monkeypatch.setattr(secrets, "randbelow", lambda _bound: next(draws))
    assert all(len(code := new_code()) == 6 and int(code) == drawn for drawn in range(10**6))


@pytest.mark.parametrize(("drawn", "code"), [(0, "000000"), (7, "000007"), (12345, "012345")])
def test_leading_zeros_stay(monkeypatch: pytest.MonkeyPatch, drawn: int, code: str) -> None:
    monkeypatch.setattr(secrets, "randbelow", lambda _bound: drawn)
    assert new_code() == code


def test_each_digit_is_as_likely_in_each_place() -> None:
    """Chi-square with nine degrees of freedom: over 50 once in ten million fair runs, for each of the six places."""
    made = [new_code() for _ in range(20_000)]
    for place in range(6):
        seen = Counter(code[place] for code in made)
        assert sum((seen[digit] - 2000) ** 2 / 2000 for digit in "0123456789") < 50


# What people type


@given(
    code=digits6, between=st.lists(st.lists(BETWEEN | DASHES, max_size=3), min_size=7, max_size=7), wide=st.booleans()
)
def test_spaces_dashes_and_wide_digits_mean_the_code(code: str, between: list[list[str]], wide: bool) -> None:
    parts = itertools.zip_longest(map("".join, between), code.translate(FULL_WIDTH) if wide else code, fillvalue="")
    assert normalise_code("".join(itertools.chain.from_iterable(parts))) == code


@given(st.text(max_size=30))
def test_whatever_is_typed_gives_a_code_or_a_kind_refusal(typed: str) -> None:
    with contextlib.suppress(InvalidCode):
        assert re.fullmatch("[0-9]{6}", normalise_code(typed))


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("", "Type the 6 digits"),
        (" \u200b\u00a0", "Type the 6 digits"),
        ("---", "Type the 6 digits"),
        ("12345", "6 digits, and you typed 5"),
        ("1234567", "6 digits, and you typed 7"),
        ("12345x", "only digits"),
        ("O12345", "only digits"),
        ("12345l", "only digits"),
        ("12.345", "only digits"),
        ("+12345", "only digits"),
        ("0x1234", "only digits"),
        ("1e1234", "only digits"),
        ("123_456", "only digits"),
        ("\u0661\u0662\u0663\u0664\u0665\u0666", "only digits"),  # Arabic-Indic
        ("\u0967\u0968\u0969\u096a\u096b\u096c", "only digits"),  # Devanagari
        ("1\ufe0f\u20e323456", "only digits"),  # a keycap emoji
        ("\u00bd12345", "only digits"),  # one half
        ("\ud80012345", "only digits"),  # half of a surrogate pair
        ("123456\0", "only digits"),
    ],
)
def test_what_cannot_be_a_code_is_refused_in_words(typed: str, words: str) -> None:
    with pytest.raises(InvalidCode, match=words):
        normalise_code(typed)


@pytest.mark.parametrize("typed", ["\u00b9\u00b2\u00b3456", "\u2460\u2461\u2462456", "\U0001d7cf\U0001d7d03456"])
def test_dressed_up_ascii_digits_are_read_as_digits(typed: str) -> None:
    """Superscripts, circled and mathematical digits are the same digits by Unicode's NFKC: no other reading exists."""
    assert normalise_code(typed) == "123456"


@pytest.mark.parametrize("typed", ["correct horse battery", "hunter2", "98765", "9876543", "98765x"])
def test_the_refusal_never_repeats_what_was_typed(typed: str) -> None:
    """People type passwords into the wrong field, and messages are logged."""
    with pytest.raises(InvalidCode) as refused:
        normalise_code(typed)
    assert not any(part in f"{refused.value} {refused.value!r}" for part in (typed, "hunter", "9876", "horse"))


def test_a_number_is_no_code() -> None:
    """The code as an integer has lost its leading zeros: say so, in words."""
    with pytest.raises(InvalidCode, match="in quotes"):
        normalise_code(12345)  # type: ignore[arg-type]


def test_other_lengths_are_read_as_the_policy_says() -> None:
    assert normalise_code("1234 5678", digits=8) == "12345678"
    with pytest.raises(InvalidCode, match="8 digits, and you typed 6"):
        normalise_code("123456", digits=8)


# What is stored

PARTS = {"verification": "v", "account": "ana", "purpose": "sign-in", "phone": "+12065550100", "generation": 1}


def test_an_hmac_binds_the_code_to_every_part() -> None:
    good = code_hmac(KEY, **PARTS, code="123456")  # type: ignore[arg-type]
    others = [
        code_hmac(KEY, **{**PARTS, "code": "123456", name: 2 if name == "generation" else "other"})  # type: ignore[arg-type]
        for name in (*PARTS, "code")
    ]
    others.append(code_hmac(OTHER_KEY, **PARTS, code="123456"))  # type: ignore[arg-type]
    assert len({good, *others}) == 8
    assert good == code_hmac(KEY, **PARTS, code="123456")  # type: ignore[arg-type]
    assert len(good) == 32


@given(st.text(max_size=8), st.text(max_size=8), st.text(max_size=8), st.text(max_size=8))
def test_parts_cannot_flow_into_each_other(verification: str, account: str, purpose: str, moved: str) -> None:
    def stored(verification: str, account: str, purpose: str) -> bytes:
        return code_hmac(
            KEY,
            verification=verification,
            account=account,
            purpose=purpose,
            phone="+12065550100",
            generation=1,
            code="123456",
        )

    encodable = all(text.isprintable() for text in (verification, account, purpose, moved))
    if encodable and moved:
        assert stored(verification + moved, account, purpose) != stored(verification, moved + account, purpose)
        assert stored(verification, account + moved, purpose) != stored(verification, account, moved + purpose)


def test_a_part_that_contains_separators_is_still_one_part() -> None:
    def stored(account: str, purpose: str) -> bytes:
        return code_hmac(KEY, **{**PARTS, "account": account, "purpose": purpose}, code="123456")  # type: ignore[arg-type]

    for separator in ("\0", "|", ":", "\x00\x00\x00\x01"):
        assert stored(f"ana{separator}x", "y") != stored("ana", f"x{separator}y")


def test_a_key_id_tells_keys_apart_and_shows_nothing_of_them() -> None:
    assert key_id(KEY) == key_id(KEY) != key_id(OTHER_KEY)
    assert key_id(KEY) not in KEY.reveal().hex()


# What is sent

hosts = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,8}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,8}[a-z0-9])?){0,3}", fullmatch=True)
brands = st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=20)


@given(code=digits6, origin=hosts, brand=brands)
def test_the_last_line_is_origin_bound_and_reads_back(code: str, origin: str, brand: str) -> None:
    text = code_text(code, brand=brand, origin=origin, lifetime=FIVE_MINUTES)
    assert text.rsplit("\n", 1)[-1] == f"@{origin} #{code}"
    assert code_in_text(text) == code
    assert text.isascii()
    assert len(text) <= 160
    assert measure(text).segments == 1
    assert text.startswith(f"{brand}: ")
    assert "5 minutes" in text


def test_the_text_in_full() -> None:
    """The format of the last line: WICG, "Origin-bound one-time codes delivered via SMS"."""
    assert code_text("012345", brand="Example Bank", origin="bank.example", lifetime=FIVE_MINUTES) == (
        "Example Bank: your code is 012345. It works for 5 minutes. Nobody will ever ask you for it.\n\n"
        "@bank.example #012345"
    )


@pytest.mark.parametrize(
    "line",
    [
        "@bank.example  #123456",
        "@bank.example#123456",
        "@bank.example\t#123456",
        " @bank.example #123456",
        "x@bank.example #123456",
        "@bank.example #",
        "@ #123456",
        "@bank.example 123456",
        "@bank.example #\u0661\u0662\u0663\u0664\u0665\u0666",
        "",
    ],
)
def test_a_last_line_that_is_not_exactly_the_form_is_none(line: str) -> None:
    assert code_in_text(f"Your code is 123456.\n{line}") is None


def test_only_the_last_line_counts() -> None:
    assert code_in_text("@evil.example #999999\n@bank.example #123456") == "123456"
    assert code_in_text("@evil.example #999999\nGoodbye") is None


@pytest.mark.parametrize(
    "brand", ["", "Bank\n@evil.example #999999", "Bank\r", "B\u00e4nk", "Bank\u2028", "Bank\0", "\u0412ank"]
)
def test_a_brand_that_could_break_the_text_is_refused(brand: str) -> None:
    with pytest.raises(ValueError, match="brand"):
        code_text("123456", brand=brand, origin="bank.example", lifetime=FIVE_MINUTES)


def test_a_brand_with_an_origin_in_it_cannot_take_the_last_line() -> None:
    text = code_text("123456", brand="@evil.example #999999", origin="bank.example", lifetime=FIVE_MINUTES)
    assert code_in_text(text) == "123456"


@pytest.mark.parametrize(
    "origin",
    [
        "",
        "https://bank.example",
        "bank.example:443",
        "bank.example/",
        "Bank.example",
        "bank.example\n@evil.example",
        "bank.example\n",
        "bank.example #999999",
        "@bank.example",
        "b\u00e4nk.example",
        "bank..example",
        ".bank.example",
        "-bank.example",
        "bank-.example",
        "bank.example.",
        "bank_a.example",
        "a" * 254,
    ],
)
def test_an_origin_that_is_no_plain_host_name_is_refused(origin: str) -> None:
    with pytest.raises(ValueError, match="origin"):
        code_text("123456", brand="Bank", origin=origin, lifetime=FIVE_MINUTES)


def test_a_text_over_one_segment_is_refused_and_one_at_160_is_not() -> None:
    def text(length: int) -> Callable[[], str]:
        return lambda: code_text("123456", brand="B" * length, origin="bank.example", lifetime=FIVE_MINUTES)

    room = 160 - len(text(1)()) + 1
    assert len(text(room)()) == 160
    with pytest.raises(ValueError, match="160"):
        text(room + 1)()


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (600, "10 minutes"),
        (300, "5 minutes"),
        (299, "4 minutes"),
        (150, "2 minutes"),
        (119, "60 seconds"),
        (45.9, "45 seconds"),
    ],
)
def test_the_text_never_promises_more_time_than_there_is(seconds: float, words: str) -> None:
    text = code_text("123456", brand="Bank", origin="bank.example", lifetime=timedelta(seconds=seconds))
    assert f"It works for {words}." in text


def test_the_text_that_invites_a_no_in_full() -> None:
    assert code_text("012345", brand="Example Bank", origin="bank.example", lifetime=FIVE_MINUTES, reply_no=True) == (
        "Example Bank: your code is 012345. It works for 5 minutes. Nobody will ever ask you for it. "
        "Not you? Reply NO.\n\n@bank.example #012345"
    )


def test_the_invitation_counts_towards_the_one_segment() -> None:
    parts = {"brand": "B" * 40, "origin": "bank.example", "lifetime": FIVE_MINUTES}
    assert measure(code_text("123456", **parts)).segments == 1  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="160"):
        code_text("123456", **parts, reply_no=True)  # type: ignore[arg-type]


@pytest.mark.parametrize("typed", ["", "12345a"])
def test_a_refusal_says_where_the_code_is(typed: str) -> None:
    with pytest.raises(InvalidCode, match="digits from the text"):
        normalise_code(typed)
    with pytest.raises(InvalidCode, match="digits from your app"):
        normalise_code(typed, where="your app")
