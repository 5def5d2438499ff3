"""The rules this project is held to, in the order of the standards: what each asks for, and how it is looked at.

In our own words, with the section to read it in. NIST sections are those of the final SP 800-63B-4 (July 2025), OWASP
ASVS is 5.0.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from helpers.standards import other_ways, people, second_factor, texts
from helpers.standards.finding import Finding, all_of
from helpers.standards.rehearsal import Site
from helpers.standards.report import StandardRow, State

Look = Callable[[Site], Finding]
NIST: Final = "NIST SP 800-63B-4"
NIST_A: Final = "NIST SP 800-63A-4"
ASVS: Final = "OWASP ASVS 5.0"
OWASP_MFA: Final = "OWASP MFA cheat sheet"
OWASP_PASSWORDS: Final = "OWASP password storage cheat sheet"
PUMPING: Final = "SMS pumping guidance"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule, and how to look at it.

    Attributes:
        look: finds out; None where only a later part of the course is about it.
        later: what that part will bring.
        about_people: whether it is looked at on accounts.
    """

    name: str
    source: str
    section: str
    rule: str
    look: Look | None = None
    later: str = ""
    about_people: bool = False
    proof: tuple[str, ...] = ()

    def row(self, site: Site) -> StandardRow:
        """How the rule stands on a site."""
        if self.look is None:
            return self._row_of("later", self.later)
        if self.about_people and site.accounts is None:
            return self._row_of("not held", "no accounts were given to look at")
        found = _look(site, self.look)
        return self._row_of("held" if found.held else "not held", found.how)

    def _row_of(self, state: State, how: str) -> StandardRow:
        return StandardRow(
            name=self.name,
            source=self.source,
            section=self.section,
            rule=self.rule,
            state=state,
            how=how,
            proof=self.proof,
        )


def _look(site: Site, look: Look) -> Finding:
    try:
        return site.look(look)
    except Exception as problem:  # a site so odd that a trial breaks off does not hold the rule; the rest goes on
        return Finding(False, f"a trial broke off: {type(problem).__name__}")


def _documented(site: Site) -> Finding:
    return all_of(site.look(texts.documented), site.look(people.nobody_is_locked_out))


def _alike(site: Site) -> Finding:
    return all_of(site.look(second_factor.alike_to_a_stranger), site.look(people.unknown_user))


def _limited(site: Site) -> Finding:
    return all_of(site.look(second_factor.checks_are_limited), site.look(texts.texts_have_a_limit))


VERIFICATION: Final = "tests/verification"
ACCOUNTS: Final = "tests/accounts/test_accounts.py"
CHANGES: Final = "tests/accounts/test_accounts_change.py"
OTHER_WAYS: Final = "tests/accounts/test_accounts_other_ways.py"
ALTERNATIVES: Final = "tests/alternatives"
HERE: Final = "tests/test_standards.py"

RULES: Final = (
    Rule(
        name="code-digits",
        source=NIST,
        section="3.1.3.2",
        rule="A code has at least six decimal digits.",
        look=second_factor.code_digits,
        proof=(
            f"{VERIFICATION}/test_policy.py::test_what_the_standards_refuse_cannot_be_set",
            f"{VERIFICATION}/test_codes.py::test_leading_zeros_stay",
        ),
    ),
    Rule(
        name="code-generator",
        source=NIST,
        section="3.2.12",
        rule="Codes come from a generator that is made for secrets.",
        look=second_factor.code_generator,
        proof=(f"{VERIFICATION}/test_codes.py::test_the_whole_range_is_asked_of_secrets",),
    ),
    Rule(
        name="code-lifetime",
        source=NIST,
        section="3.1.3.2",
        rule="A code that did not come back within ten minutes is void.",
        look=second_factor.code_lifetime,
        proof=(
            f"{VERIFICATION}/test_verifier.py::test_a_code_works_until_one_millisecond_before_it_expires",
            f"{VERIFICATION}/test_verifier.py::test_at_the_moment_it_expires_it_is_expired",
        ),
    ),
    Rule(
        name="accepted-once",
        source=NIST,
        section="3.1.3.2",
        rule="A code is accepted once.",
        look=second_factor.accepted_once,
        proof=(
            f"{VERIFICATION}/test_verifier.py::test_the_right_code_works_once",
            f"{VERIFICATION}/test_races.py::test_eight_with_the_right_code_have_one_winner",
        ),
    ),
    Rule(
        name="no-refill",
        source=NIST,
        section="3.1.3.2",
        rule="A code is so short that guesses must be limited, and a new code must not reset their count.",
        look=second_factor.no_refill,
        proof=(
            f"{VERIFICATION}/test_verifier.py::test_guess_resend_guess_goes_on_counting",
            f"{VERIFICATION}/test_resend_policies.py::test_no_policy_gives_a_check_back",
        ),
    ),
    Rule(
        name="failure-cap",
        source=NIST,
        section="3.2.2",
        rule="After at most 100 failures in a row codes by text are switched off, until the phone is bound again.",
        look=second_factor.failure_cap,
        proof=(
            f"{VERIFICATION}/test_verifier.py::test_failures_add_up_over_verifications_until_sms_is_off",
            f"{VERIFICATION}/test_verifier.py::test_binding_the_phone_again_switches_sms_on",
        ),
    ),
    Rule(
        name="growing-pauses",
        source=NIST,
        section="3.2.2",
        rule="Waits after failures may grow, from half a minute up to an hour.",
        look=second_factor.growing_pauses,
        proof=(f"{VERIFICATION}/test_limits.py::test_the_pause_doubles_with_each_failure_in_a_row_up_to_an_hour",),
    ),
    Rule(
        name="success-clears",
        source=NIST,
        section="3.2.2",
        rule="A success ends the row of failures.",
        look=second_factor.success_clears,
        proof=(f"{VERIFICATION}/test_verifier.py::test_success_clears_the_failures_and_so_they_are_in_a_row",),
    ),
    Rule(
        name="no-mail",
        source=NIST,
        section="3.1.3.1",
        rule="E-mail is no second factor: a code goes to a phone.",
        look=second_factor.no_mail,
        proof=(f"{VERIFICATION}/test_verifier.py::test_a_phone_we_do_not_text_is_refused_before_anything_is_stored",),
    ),
    Rule(
        name="change-of-phone",
        source=NIST,
        section="4.1.2",
        rule="Changing the number is binding a new authenticator: sign in again first, and the old number is told.",
        look=people.change_of_phone,
        about_people=True,
        proof=(
            f"{CHANGES}::test_only_a_fresh_sign_in_may_ask",
            f"{CHANGES}::test_the_old_phone_is_told_before_the_change_is_saved",
            f"{CHANGES}::test_until_its_time_codes_go_to_the_old_phone_and_from_then_on_to_the_new_one",
        ),
    ),
    Rule(
        name="restricted",
        source=NIST,
        section="3.1.3.3, 3.2.9",
        rule="The telephone network is restricted: offer another way, give a notice, weigh the risk, plan to leave.",
        look=other_ways.ways_out_of_sms,
        about_people=True,
        proof=(
            "tests/forms/test_other_ways_forms.py::test_what_a_number_is_worth_is_said_before_it_is_typed",
            f"{OTHER_WAYS}::test_texts_are_off_the_app_lets_in_and_the_phone_is_bound_again",
            f"{OTHER_WAYS}::test_a_lost_phone_is_replaced_although_texts_are_off",
        ),
    ),
    Rule(
        name="phishing",
        source=NIST,
        section="3.1.3, 3.2.5",
        rule="Phishing resistance: a code that a false page passes on is of no use. (Out-of-band codes have none.)",
        look=second_factor.phishing,
        proof=(f"{HERE}::test_a_code_that_is_passed_on_is_accepted_and_the_report_says_so",),
    ),
    Rule(
        name="password-length",
        source=NIST,
        section="3.1.1.2",
        rule="A password has at least 15 characters where it stands alone, 8 as one of two factors; 64 are taken.",
        look=people.password_length,
        about_people=True,
        proof=(
            f"{ACCOUNTS}::test_a_weak_password_is_refused_in_words_and_nothing_is_stored",
            f"{ACCOUNTS}::test_a_ticket_is_no_session_and_a_session_is_no_ticket",
        ),
    ),
    Rule(
        name="no-composition-rules",
        source=NIST,
        section="3.1.1.2",
        rule="No mixture of characters is asked for.",
        look=people.no_composition_rules,
        about_people=True,
        proof=(f"{ACCOUNTS}::test_length_is_the_only_composition_rule",),
    ),
    Rule(
        name="blocklist",
        source=NIST,
        section="3.1.1.2",
        rule="Passwords that everybody tries first are refused.",
        look=people.blocklist,
        about_people=True,
        proof=(f"{ACCOUNTS}::test_a_weak_password_is_refused_in_words_and_nothing_is_stored",),
    ),
    Rule(
        name="paste",
        source=NIST,
        section="3.1.1.2",
        rule="Password managers and pasting are allowed.",
        look=people.paste_is_allowed,
        about_people=True,
        proof=(f"{HERE}::test_nothing_stands_between_a_person_and_pasting",),
    ),
    Rule(
        name="salted-hash",
        source=NIST,
        section="3.1.1.2",
        rule="Passwords are hashed slowly, each with a salt of at least 32 bits.",
        look=people.salted_hash,
        about_people=True,
        proof=(f"{ACCOUNTS}::test_the_same_password_is_stored_differently_each_time",),
    ),
    Rule(
        name="recovery-codes",
        source=NIST,
        section="4.2.1.1",
        rule="Saved recovery codes have at least 64 bits, are hashed, and work once.",
        look=other_ways.recovery_codes,
        about_people=True,
        proof=(
            f"{ALTERNATIVES}/test_recovery_codes.py::test_ten_codes_of_eighty_bits_and_no_two_alike",
            f"{ALTERNATIVES}/test_recovery_codes.py::test_a_stolen_database_holds_no_code",
            f"{ALTERNATIVES}/test_recovery_codes.py::test_of_eight_with_the_same_code_one_gets_in",
        ),
    ),
    Rule(
        name="confirming-a-phone",
        source=NIST_A,
        section="3.8",
        rule="A code that confirms a phone has six digits or more, lives ten minutes at most, and works once.",
        look=second_factor.confirming_a_phone,
        proof=(f"{ACCOUNTS}::test_a_phone_is_saved_unconfirmed_and_a_code_confirms_it",),
    ),
    Rule(
        name="limits-documented",
        source=ASVS,
        section="6.1.1",
        rule="Rate limits stand in writing, and how they let nobody lock others out.",
        look=_documented,
        about_people=True,
        proof=(
            f"{ACCOUNTS}::test_a_stranger_slows_nobody_but_themselves",
            f"{HERE}::test_the_documented_limits_are_the_running_ones",
        ),
    ),
    Rule(
        name="alike-to-a-stranger",
        source=ASVS,
        section="6.3.8",
        rule="Neither words nor work tell a stranger which users or verifications there are.",
        look=_alike,
        about_people=True,
        proof=(
            f"{ACCOUNTS}::test_an_unknown_user_and_a_wrong_password_sound_and_cost_the_same",
            f"{VERIFICATION}/test_verifier.py::test_unknown_and_foreign_are_the_same_to_a_stranger",
        ),
    ),
    Rule(
        name="single-use",
        source=ASVS,
        section="6.5.1",
        rule="A code can be used once.",
        look=second_factor.accepted_once,
        proof=(f"{VERIFICATION}/test_verifier.py::test_the_right_code_works_once",),
    ),
    Rule(
        name="random-codes",
        source=ASVS,
        section="6.5.3",
        rule="Codes come from a cryptographically secure generator.",
        look=second_factor.code_generator,
        proof=(
            f"{VERIFICATION}/test_codes.py::test_the_whole_range_is_asked_of_secrets",
            f"{VERIFICATION}/test_codes.py::test_each_digit_is_as_likely_in_each_place",
        ),
    ),
    Rule(
        name="code-bits",
        source=ASVS,
        section="6.5.4",
        rule="A code has at least 20 bits, as which six random digits are counted.",
        look=second_factor.code_bits,
        proof=(f"{VERIFICATION}/test_policy.py::test_what_the_standards_refuse_cannot_be_set",),
    ),
    Rule(
        name="short-life",
        source=ASVS,
        section="6.5.5",
        rule="A code lives ten minutes at most.",
        look=second_factor.code_lifetime,
        proof=(f"{VERIFICATION}/test_policy.py::test_what_the_standards_refuse_cannot_be_set",),
    ),
    Rule(
        name="validated-number",
        source=ASVS,
        section="6.6.1",
        rule="Codes go by SMS only to a number that was validated before. (At level 3 SMS is not allowed at all.)",
        look=people.enrolled_first,
        about_people=True,
        proof=(
            f"{ACCOUNTS}::test_a_phone_is_saved_unconfirmed_and_a_code_confirms_it",
            f"{ACCOUNTS}::test_a_sign_in_texts_the_saved_phone_and_cannot_be_told_another",
        ),
    ),
    Rule(
        name="stronger-way",
        source=ASVS,
        section="6.6.1",
        rule="A stronger way than SMS is on offer.",
        look=other_ways.stronger_way,
        about_people=True,
        proof=(
            f"{OTHER_WAYS}::test_an_app_signs_in",
            f"{ALTERNATIVES}/test_totp.py::test_the_codes_of_the_rfc_are_taken",
            f"{ALTERNATIVES}/test_totp.py::test_a_stolen_database_holds_no_secret",
        ),
    ),
    Rule(
        name="own-request",
        source=ASVS,
        section="6.6.2",
        rule="A code is good for the request it was made for, and no other.",
        look=second_factor.own_request_only,
        proof=(
            f"{VERIFICATION}/test_verifier.py::test_a_code_is_good_for_its_own_account_and_purpose_only",
            f"{VERIFICATION}/test_codes.py::test_an_hmac_binds_the_code_to_every_part",
        ),
    ),
    Rule(
        name="limited",
        source=ASVS,
        section="6.6.3, 2.4.1",
        rule="Checks are limited, and so is what costs money.",
        look=_limited,
        proof=(
            f"{VERIFICATION}/test_verifier.py::test_wrong_codes_count_down_and_then_even_the_right_one_is_too_late",
            f"{VERIFICATION}/test_guard.py::test_a_limit_of_the_hour_lets_the_last_one_through_and_refuses_the_next",
        ),
    ),
    Rule(
        name="short-once-few",
        source=OWASP_MFA,
        section="",
        rule="A short life, a single use, few tries.",
        look=second_factor.short_once_few,
        proof=(
            f"{VERIFICATION}/test_verifier.py::test_wrong_codes_count_down_and_then_even_the_right_one_is_too_late",
        ),
    ),
    Rule(
        name="new-code-overwrites",
        source=OWASP_MFA,
        section="",
        rule="Asking again brings a new code, which ends the old one.",
        look=second_factor.newest_code_alone,
        proof=(
            f"{VERIFICATION}/test_resend_policies.py"
            "::test_of_two_texts_out_of_order_the_older_is_refused_where_each_has_its_own_code",
        ),
    ),
    Rule(
        name="never-in-clear",
        source=OWASP_MFA,
        section="",
        rule="A code is never logged and never kept in clear.",
        look=second_factor.kept_under_a_key,
        proof=(
            f"{VERIFICATION}/test_verifier.py::test_the_database_holds_numbers_in_one_column_and_codes_nowhere",
            f"{VERIFICATION}/test_verifier.py::test_no_log_line_shows_a_code_or_a_number",
            "tests/notebooks/test_leaks.py::test_a_notebook_keeps_its_secrets",
        ),
    ),
    Rule(
        name="argon2-floor",
        source=OWASP_PASSWORDS,
        section="",
        rule="Argon2id with at least 19 MiB, two passes and one lane.",
        look=people.argon2_floor,
        about_people=True,
        proof=(f"{ACCOUNTS}::test_the_default_hash_is_argon2id_at_or_above_owasps_floor",),
    ),
    Rule(
        name="parallel-guesses",
        source="RFC 4226",
        section="7.3",
        rule="The limit on guesses holds over sessions and over guesses at once.",
        look=second_factor.holds_in_parallel,
        proof=(f"{VERIFICATION}/test_races.py::test_eight_guessing_get_exactly_the_checks_there_are",),
    ),
    Rule(
        name="totp-once",
        source="RFC 6238",
        section="5.2",
        rule="A code of an authenticator app that was accepted is not accepted again.",
        look=other_ways.totp_once,
        about_people=True,
        proof=(
            f"{ALTERNATIVES}/test_totp.py::test_a_code_is_taken_once",
            f"{ALTERNATIVES}/test_totp.py::test_nor_is_one_from_before_the_last_that_was_taken",
            f"{ALTERNATIVES}/test_totp.py::test_of_eight_with_the_same_code_one_gets_in",
        ),
    ),
    Rule(
        name="origin-bound",
        source="WICG, Origin-bound one-time codes",
        section="format",
        rule="The last line is @ and the host, one space, # and the code; the text is ASCII and fits one segment.",
        look=texts.origin_bound,
        proof=(f"{VERIFICATION}/test_codes.py::test_the_last_line_is_origin_bound_and_reads_back",),
    ),
    Rule(
        name="one-code-field",
        source="HTML",
        section="autofill",
        rule="One field takes the code, with autocomplete one-time-code and a numeric keyboard.",
        look=texts.one_code_field,
        proof=(f"{HERE}::test_the_code_form_is_one_field_that_phones_know",),
    ),
    Rule(
        name="numbers",
        source="ITU E.164 and the North American plan",
        section="",
        rule="A number has at most 15 digits; in the US NXX-NXX-XXXX, with N from 2 to 9.",
        look=texts.numbers_that_can_be,
        proof=(
            "tests/test_phone_numbers.py::test_a_refusal_says_what_is_wrong",
            "tests/test_phone_numbers.py::test_every_spelling_of_a_number_is_the_same_number",
        ),
    ),
    Rule(
        name="countries-and-kinds",
        source=PUMPING,
        section="",
        rule="Countries and kinds of numbers that are not served get no text.",
        look=texts.countries_and_kinds,
        proof=("tests/test_phone_numbers.py::test_the_11_digit_pattern_lets_through_what_we_do_not_text",),
    ),
    Rule(
        name="limits-per-whom",
        source=PUMPING,
        section="",
        rule="Texts are limited per number, per prefix, per client and per account.",
        look=texts.limits_per_whom,
        proof=(
            f"{VERIFICATION}/test_guard.py::test_a_limit_of_the_hour_lets_the_last_one_through_and_refuses_the_next",
        ),
    ),
    Rule(
        name="growing-waits",
        source=PUMPING,
        section="",
        rule="The wait for another text grows.",
        look=texts.growing_waits,
        proof=(f"{VERIFICATION}/test_resend_policies.py::test_the_wait_doubles_with_each_text_up_to_the_longest",),
    ),
    Rule(
        name="daily-budget",
        source=PUMPING,
        section="",
        rule="A day has a budget.",
        look=texts.daily_budget,
        proof=(
            f"{VERIFICATION}/test_guard.py"
            "::test_a_days_budget_is_used_up_to_the_last_text_and_is_full_again_at_midnight",
        ),
    ),
    Rule(
        name="conversion",
        source=PUMPING,
        section="",
        rule="Approved ÷ sent is watched, and somebody is told.",
        look=texts.conversion_is_watched,
        proof=(f"{VERIFICATION}/test_guard.py::test_below_the_sample_there_is_no_alarm_and_then_there_is_one_a_day",),
    ),
)
