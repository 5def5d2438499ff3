"""Phone numbers: many spellings, one number; every refusal in words; no number in full unless asked for."""

from __future__ import annotations

import pickle
import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from helpers.phone_numbers import NumberKind, PhoneNumber, PhoneNumberError

ARTICLE_PATTERN = re.compile(r"1[2-9]\d{2}[2-9]\d{6}")
"""The 11-digit pattern of the article's time: it knows the shape of a number and nothing else."""

SPELLINGS = [
    "{a}{b}{c}",
    "{a}-{b}-{c}",
    "{a} {b} {c}",
    "{a}.{b}.{c}",
    "{a}/{b}/{c}",
    "({a}) {b}-{c}",
    "  ({a}){b}{c}  ",
    "1{a}{b}{c}",
    "1-{a}-{b}-{c}",
    "1 ({a}) {b}-{c}",
    "+1{a}{b}{c}",
    "+1 {a} {b} {c}",
    "+ 1 ({a}) {b}-{c}",
    "\uff0b1{a}{b}{c}",
    "{a}\u2011{b}\u2013{c}",
    "{a}\u00a0{b}\u00a0{c}",
    "\t{a}-{b}-{c}\n",
]
FULL_WIDTH = str.maketrans("0123456789", "０１２３４５６７８９")

example_numbers = st.integers(0, 99).map(lambda last: ("206", "555", f"01{last:02d}"))


@given(example_numbers, st.sampled_from(SPELLINGS), st.booleans())
def test_every_spelling_of_a_number_is_the_same_number(parts, spelling, full_width):
    area, exchange, line = parts
    typed = spelling.format(a=area, b=exchange, c=line)
    number = PhoneNumber.parse(typed.translate(FULL_WIDTH) if full_width else typed)
    assert number.e164 == f"+1{area}{exchange}{line}"
    assert number.digits == f"1{area}{exchange}{line}"
    assert number == PhoneNumber.parse(number.e164) == PhoneNumber.parse(number.digits) == PhoneNumber.parse(number)


number_like = st.text(st.sampled_from("0123456789+-(). /,;#*x①²٣０"), max_size=24)


@given(st.one_of(st.text(), number_like))
@example("")
@example("+")
@example("\x00")
@example("9" * 300)
@example("+" + "1" * 16)
@example("tel:+12065550100;phone-context=example.org")
def test_any_text_is_a_number_or_is_refused_in_words_without_it(typed):
    number, refusal = parsed(typed)
    if refusal is None:
        assert re.fullmatch(r"\+[0-9]{7,15}", number.e164)
        return
    assert str(refusal) == refusal.user_message
    assert re.fullmatch(r"[A-Z].+\.", refusal.user_message)
    assert not re.search(r"[0-9]{4}", refusal.user_message.replace("206-555-0100", ""))
    assert refusal.__suppress_context__ or refusal.__context__ is None


@pytest.mark.parametrize("typed", ["+18765550100", "+19002345678", "+442079460018", "+18002345678"])
def test_a_refusal_to_text_a_number_never_repeats_it(typed):
    with pytest.raises(PhoneNumberError) as caught:
        PhoneNumber.parse(typed).require_textable()
    assert not re.search("[0-9]", caught.value.user_message)


def parsed(typed: str) -> tuple[PhoneNumber | None, PhoneNumberError | None]:
    try:
        return PhoneNumber.parse(typed), None
    except PhoneNumberError as refusal:
        return None, refusal


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("", "empty"),
        (" \t\n", "empty"),
        ("206-555-O1OO", "no letters"),
        ("1-800-FLOWERS", "no letters"),
        ("two zero six", "no letters"),
        ("206-555-0100 ext. 5", "no letters"),
        ("206-555-0100,,5", "extension"),
        ("206-555-0100 #12", "extension"),
        ("555-0100", "too short: 7 digits"),
        ("206-555-010", "too short: 9 digits"),
        ("206-555-01000", "too long: 11 digits"),
        ("+1 206 555 01000", "too long: 11 digits"),
        ("9" * 17, "too long"),
        ("2" * 251, "too long"),
        ("12", "too short"),
        ("1", "Type ten digits"),
        ("+999 1234567", "No country has that code"),
        ("+0 206 555 0100", "No country has that code"),
        ("---", "Type ten digits"),
        ("106-555-0100", "No area code begins with 1"),
        ("1-106-555-0100", "No area code begins with 0"),
        ("+1 206 555 010", "too short: 9 digits"),
        ("1-555-0100", "too short: 7 digits"),
        ("006-555-0100", "No area code begins with 0"),
        ("206-155-0100", "After the area code no number begins with 1"),
        ("206-055-0100", "After the area code no number begins with 0"),
        ("999-555-0100", "belong to no area"),
        ("+44 20", "too short|wrong length|not a phone number"),
        ("+44 20 7946 00180", "too long for its country"),
        ("206-555-0100, 206-555-0101", "not a phone number"),
        ("206-555-0100 / 206-555-0101", "too long"),
    ],
)
def test_a_refusal_says_what_is_wrong(typed, words):
    with pytest.raises(PhoneNumberError, match=words):
        PhoneNumber.parse(typed)


@pytest.mark.parametrize(
    ("typed", "region", "kind", "words"),
    [
        ("18765550100", "JM", None, "belongs to JM"),
        ("18095550100", "DO", None, "belongs to DO"),
        ("19002345678", "US", NumberKind.PREMIUM_RATE, "premium-rate"),
        ("18002345678", "US", NumberKind.TOLL_FREE, "toll-free"),
        ("15002345678", "US", NumberKind.PERSONAL, "personal"),
        ("12423590100", "BS", None, "belongs to BS"),
    ],
)
def test_the_11_digit_pattern_lets_through_what_we_do_not_text(typed, region, kind, words):
    assert ARTICLE_PATTERN.fullmatch(typed)
    number = PhoneNumber.parse("+" + typed)
    assert number.region == region
    assert kind is None or number.kind is kind
    with pytest.raises(PhoneNumberError, match=words):
        number.require_textable()


def test_numbers_of_other_plans_are_refused_by_country():
    london = PhoneNumber.parse("+44 20 7946 0018")
    assert (london.region, london.kind) == ("GB", NumberKind.FIXED_LINE)
    with pytest.raises(PhoneNumberError, match=r"belongs to GB\. We text numbers of these countries only: US, CA"):
        london.require_textable()
    with pytest.raises(PhoneNumberError, match="landline"):
        london.require_textable(regions=("GB",))


def test_a_number_without_a_plus_belongs_to_the_region_that_is_meant():
    assert PhoneNumber.parse("020 7946 0018", region="GB").e164 == "+442079460018"


@pytest.mark.parametrize("typed", ["206-555-0100", "613-555-0100"])
def test_numbers_of_the_us_and_canada_are_textable(typed):
    number = PhoneNumber.parse(typed)
    assert number.kind is NumberKind.FIXED_LINE_OR_MOBILE
    assert number.require_textable() is number


def test_which_kinds_are_texted_can_be_chosen():
    number = PhoneNumber.parse("800-234-5678")
    assert number.require_textable(kinds={NumberKind.TOLL_FREE}) is number


@pytest.mark.parametrize("show", [str, repr, format, lambda n: f"{[n]}"])
def test_printing_a_number_shows_two_digits(show):
    shown = show(PhoneNumber("+12065550142"))
    assert re.sub(r"\D", "", shown.replace(r"\xa0", " ")) == "42"


def test_all_of_it_comes_out_by_name():
    number = PhoneNumber("+12065550142")
    assert (number.digits, number.national) == ("12065550142", "(206) 555-0142")
    assert (number.last_two, number.masked) == ("42", "••• ••• ••42")


def test_numbers_can_be_keys_and_cannot_be_changed():
    first, second = PhoneNumber.parse("206-555-0100"), PhoneNumber.parse("+12065550100")
    assert {first: "ana"}[second] == "ana"
    with pytest.raises(AttributeError):
        first.e164 = "+12065550199"
    assert pickle.loads(pickle.dumps(first)) == second  # noqa: S301 (made on this line)
