"""The table of behaviours is well formed, the code names each entry, and each has a test."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import get_args

import pytest

from helpers import simulator
from helpers.simulator.behaviours import BEHAVIOURS, Behaviour, Tag

PROVEN_BY = {
    "send-v2": "test_v2_answers_200_with_the_id_alone",
    "send-v21": "test_v21_answers_202_with_links_type_and_id",
    "send-v22-price": "test_v22_answers_202_and_adds_the_price",
    "price-place": "test_v22_answers_202_and_adds_the_price",
    "price-surcharge": "test_v22_answers_202_and_adds_the_price",
    "body-or-content": "test_v2_takes_body_or_content",
    "body-before-content": "test_v2_prefers_body_to_content",
    "two-body-forms": "test_v21_and_v22_take_the_json_api_form_and_v2_does_not",
    "plus-or-not": "test_numbers_are_taken_with_or_without_plus_and_kept_without",
    "unknown-members": "test_unknown_members_are_ignored",
    "content-types": "test_both_json_types_are_taken_with_or_without_charset",
    "no-content-type": "test_no_content_type_is_taken_by_v2_only",
    "answer-types": "test_errors_come_in_the_type_of_their_version",
    "own-address": "test_v21_answers_202_with_links_type_and_id",
    "record-v2": "test_a_v2_record",
    "record-v21": "test_a_v21_record",
    "message-type": "test_a_toll_free_sender_shows_in_the_message_type",
    "no-status-yet": "test_receipts_come_by_the_clock_newest_first",
    "generations-apart": "test_each_generation_finds_its_own_records_only",
    "record-delay": "test_a_record_can_be_looked_up_only_after_the_delay",
    "length-and-cost": "test_encoding_segments_and_cost",
    "unit-price": "test_encoding_segments_and_cost",
    "list-needs-start": "test_a_wrong_filter_is_422",
    "list-dates": "test_every_form_of_a_date",
    "list-offset-dates": "test_every_form_of_a_date",
    "list-end": "test_both_ends_belong_to_the_range",
    "list-limit": "test_ten_unless_limit_says_otherwise",
    "list-next": "test_next_repeats_the_filters_with_dates_in_full",
    "list-order": "test_newest_first_and_no_next_on_the_last_page",
    "list-mistakes": "test_a_wrong_filter_is_422",
    "error-shape": "test_no_body_gives_a_5xx_or_anything_but_json",
    "error-shape-v2": "test_403_for_a_number_that_is_not_ours",
    "error-401": "test_401_for_wrong_keys",
    "challenge": "test_401_for_keys_that_are_missing_or_malformed",
    "error-403": "test_403_for_a_number_that_is_not_ours",
    "error-404": "test_404_has_no_title",
    "error-405": "test_405_names_the_methods_that_are_allowed",
    "error-413": "test_413_for_a_body_over_one_mebibyte",
    "error-415": "test_415_for_other_types",
    "error-400": "test_400_for_what_is_no_json_object",
    "error-422-shape": "test_422_names_all_fields_at_once",
    "error-422-missing": "test_422_names_the_field_that_is_missing_or_not_text",
    "error-422-to": "test_422_for_a_malformed_to",
    "legacy-500": "test_v2_answers_500_to_a_malformed_to_while_legacy_500_is_on",
    "order-of-checks": "test_the_checks_come_in_their_order",
    "slash-at-end": "test_a_slash_at_the_end_changes_nothing",
    "rate-limit": "test_the_documented_example_46_attempts_in_10_seconds_43_taken",
    "rate-window": "test_the_first_attempt_opens_the_window",
    "receipts": "test_receipts_come_by_the_clock_newest_first",
    "receipt-delivered": "test_receipts_come_by_the_clock_newest_first",
    "receipt-times": "test_instant_receipts_are_there_at_once_and_only_for_new_messages",
    "ends-buffered": "test_the_destination_chooses_a_message_that_never_arrives",
    "receipt-failed": "test_the_destination_chooses_a_message_that_never_arrives",
    "not-enabled": "test_a_number_that_is_not_enabled_gets_403",
    "not-registered": "test_a_number_that_is_not_registered_is_accepted_and_fails",
    "mms-versions": "test_v2_has_no_media",
    "mms-body": "test_media_may_come_without_a_text",
    "is-mms-as-text": "test_a_text_alone_may_be_an_mms_by_either_word",
    "media-urls": "test_media_are_a_list_of_urls",
    "media-limit": "test_media_over_the_limit_are_refused_with_the_limit",
    "media-unread": "test_the_name_decides_what_a_file_is_since_nothing_is_fetched",
    "other-prices": "test_the_record_of_a_text_that_came_in",
    "record-media": "test_media_make_an_mms_and_show_in_its_record",
    "record-inbound": "test_the_record_of_an_mms_that_came_in",
    "list-bare-plus": "test_every_form_of_a_date",
    "error-1110": "test_stop_alone_ends_it_with_400_and_1110",
    "error-1110-place": "test_stop_alone_ends_it_with_400_and_1110",
    "error-503": "test_503_says_so",
    "rate-mms": "test_one_mms_a_second_for_each_version_beside_the_texts",
    "receipts-by-hand": "test_by_hand_nothing_happens_until_a_receipt_is_set",
    "outcomes": "test_the_answer_is_what_the_title_says",
    "callback-settings": "test_a_callback_is_set_shown_replaced_and_removed",
    "callback-removal": "test_a_number_has_callbacks_of_its_own",
    "callback-types": "test_an_mms_has_callbacks_of_its_own",
    "callback-levels": "test_the_message_goes_before_the_number_and_the_number_before_the_account",
    "callback-number-first": "test_the_message_goes_before_the_number_and_the_number_before_the_account",
    "callback-bodies": "test_both_body_forms_with_any_json_type_or_none",
    "callback-unset": "test_what_is_not_set_is_404_without_a_title",
    "callback-product": "test_a_callback_is_set_shown_replaced_and_removed",
    "callback-url": "test_a_callback_is_an_http_url",
    "webhook-format": "test_receipts_in_the_older_format",
    "incoming-v2": "test_a_text_in_the_older_format",
    "incoming-v21": "test_a_text_in_the_newer_format",
    "incoming-mms": "test_an_mms_in_the_newer_format",
    "incoming-ids": "test_in_the_older_format_the_record_is_one_of_v2",
    "receipt-post-v21": "test_receipts_in_the_newer_format",
    "receipt-post-v2": "test_receipts_in_the_older_format",
    "callback-headers": "test_the_headers_of_a_callback",
    "callback-answer": "test_any_2xx_will_do_only_where_that_is_chosen",
    "callback-repeats": "test_four_times_in_all_half_a_minute_apart",
    "receipt-repeats": "test_receipts_are_repeated_as_well",
    "callbacks-loopback": "test_the_sender_leaves_this_machine_only_where_that_was_said",
    "opt-out": "test_stop_counts_for_the_pair_alone_and_unstop_lifts_it",
    "opt-out-answer": "test_the_network_confirms_both_words_on_the_phone_at_once",
    "numbers-search": "test_filters",
    "numbers-links": "test_a_search_shows_numbers_with_their_price",
    "numbers-country-code": "test_country_code_1_is_assumed_and_shown_in_the_links",
    "numbers-cost-echo": "test_area_codes_point_at_their_exchanges",
    "numbers-limits": "test_limits",
    "numbers-mistakes": "test_a_mistake_in_a_search_is_422_and_named",
    "numbers-tiers": "test_tiers",
    "numbers-stock": "test_what_is_on_sale_is_real_by_its_digits_and_kept_for_examples",
    "numbers-prices": "test_a_search_shows_numbers_with_their_price",
    "numbers-pool": "test_a_bought_number_is_gone_for_everybody_and_a_released_one_is_back",
    "numbers-buy": "test_a_purchase_answers_201_with_the_whole_number",
    "numbers-207": "test_207_where_messaging_cannot_be_started",
    "numbers-fresh": "test_a_fresh_number_cannot_text_unless_asked_to",
    "numbers-list": "test_the_list_shows_the_accounts_own_numbers",
    "numbers-change": "test_a_number_is_given_a_name",
    "numbers-release": "test_a_bought_number_is_gone_for_everybody_and_a_released_one_is_back",
    "numbers-provision": "test_messaging_is_turned_on_and_off_for_several_numbers",
    "numbers-provision-time": "test_messaging_comes_some_seconds_after_it_was_asked_for",
    "faults": "test_a_fault_comes_before_every_check",
    "fault-errors": "test_an_error_then_all_is_well",
    "fault-cut-before": "test_a_reset_before_or_after_the_message_was_accepted",
    "fault-cut-after": "test_a_reset_before_or_after_the_message_was_accepted",
    "fault-bodies": "test_a_truncated_body",
    "fault-latency": "test_latency_longer_than_the_timeout_and_the_message_was_sent",
    "slashes-in-front": "test_slashes_in_front_are_one_and_elsewhere_are_not",
}


def code() -> str:
    """The package's own, without the table and without line breaks."""
    package = Path(str(simulator.__file__)).parent
    files = (path for path in package.rglob("*.py") if path.name != "behaviours.py")
    return " ".join(" ".join(path.read_text("utf-8").split()) for path in files)


def test_every_entry_has_a_test_that_exists() -> None:
    names = [behaviour.name for behaviour in BEHAVIOURS]
    assert sorted(PROVEN_BY) == sorted(names)
    tests = {
        node.name
        for path in Path(__file__).parent.glob("test_*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.FunctionDef)
    }
    assert set(PROVEN_BY.values()) <= tests


@pytest.mark.parametrize("behaviour", BEHAVIOURS, ids=lambda behaviour: behaviour.name)
def test_every_entry_is_well_formed_and_named_in_the_code(behaviour: Behaviour) -> None:
    assert behaviour.tag in get_args(Tag)
    assert re.fullmatch(r"§\d+(\.\d+)?( row \d+)?(, §\d+(\.\d+)?( row \d+)?)*", behaviour.source)
    assert behaviour.what
    assert re.search(rf"(?<![\w-]){re.escape(behaviour.name)}(?![\w-])", code()), "no code names this behaviour"


def test_every_name_in_the_code_is_an_entry() -> None:
    """Where a docstring says "behaviour", the names after it are in the table."""
    named = {
        name
        for group in re.findall(r"[Bb]ehaviours? ((?:``[a-z0-9-]+``(?:, | and )?)+)", code())
        for name in re.findall(r"``([a-z0-9-]+)``", group)
    }
    assert len(named) > 50
    assert named <= {behaviour.name for behaviour in BEHAVIOURS}
