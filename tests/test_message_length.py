"""Encoding, segments and cost at their edges, by Flowroute's rule (flowroute-api.md §7) and by the GSM standard's."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers.message_length import FLOWROUTE, GSM_STANDARD, display_amount, measure


@pytest.mark.parametrize(
    ("count", "segments"), [(0, 1), (1, 1), (160, 1), (161, 2), (280, 2), (281, 3), (420, 3), (421, 4)]
)
def test_ascii_is_whole_up_to_160_and_else_in_pieces_of_140(count, segments):
    length = measure("x" * count)
    assert (length.encoding, length.encoding_name) == (0, "ASCII")
    assert (length.characters, length.segments) == (count, segments)


@pytest.mark.parametrize(("count", "segments"), [(1, 1), (70, 1), (71, 2), (140, 2), (141, 3)])
def test_anything_else_is_whole_up_to_70_and_else_in_pieces_of_70(count, segments):
    length = measure("é" * count)
    assert (length.encoding, length.encoding_name) == (8, "UCS-2")
    assert (length.characters, length.segments) == (count, segments)


@pytest.mark.parametrize(
    ("body", "segments"),
    [("x" * 160, 1), ("x" * 161, 2), ("x" * 306, 2), ("x" * 307, 3), ("é" * 70, 1), ("é" * 71, 2), ("é" * 135, 3)],
)
def test_the_gsm_standard_cuts_at_153_and_67(body, segments):
    assert measure(body, rule=GSM_STANDARD).segments == segments


def test_one_emoji_turns_the_whole_text_to_ucs2_and_counts_two():
    length = measure("x" * 159 + "😀")
    assert (length.encoding, length.characters, length.segments) == (8, 161, 3)


def test_an_emoji_may_make_the_71st_unit():
    assert measure("x" * 68 + "😀").segments == 1
    assert measure("x" * 69 + "😀").segments == 2


@pytest.mark.parametrize("character", ["é", "£", "\u2019", "\u00a0", "０", "\ud800"])
def test_one_character_beyond_ascii_is_enough(character):
    assert measure(f"Your code is 123456{character}").encoding == 8


@pytest.mark.parametrize("character", list("[]{}^~|\\`\n\x7f"))
def test_ascii_that_gsm_would_count_twice_counts_once(character):
    assert measure(character * 160).segments == 1


@given(st.text())
def test_segments_hold_the_text_and_no_more_than_they_need(body):
    length = measure(body)
    single, piece = (160, 140) if body.isascii() else (70, 70)
    assert len(body) <= length.characters <= 2 * len(body)
    assert length.segments >= 1
    if length.segments == 1:
        assert length.characters <= single
    else:
        assert length.characters > single
        assert (length.segments - 1) * piece < length.characters <= length.segments * piece


@given(st.text(), st.text())
def test_a_longer_text_never_costs_less(body, more):
    assert measure(body + more).segments >= measure(body).segments


def test_every_segment_is_billed():
    assert measure("x" * 161).cost_nanodollars() == 8_000_000
    assert measure("x" * 161).cost_nanodollars(7_000_000) == 14_000_000


@pytest.mark.parametrize(
    ("nanodollars", "shown"), [(0, "$0.0000"), (4_000_000, "$0.0040"), (12_000_000, "$0.0120"), (10**9, "$1.0000")]
)
def test_amounts_look_as_flowroute_prints_them(nanodollars, shown):
    assert display_amount(nanodollars) == shown


def test_flowrouts_rule_is_the_default():
    assert measure("x" * 300) == measure("x" * 300, rule=FLOWROUTE)
