"""An authenticator app: which codes are taken, how often, and what is kept of it."""

from __future__ import annotations

import base64
import re
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pyotp
import pytest
from alternatives_bench import KEY, OLD_KEY, Bench

from helpers.alternatives import NoTotp, TotpDisabled, TotpSetupOver, TotpUsed, WrongTotp
from helpers.alternatives.sealing import Vault
from helpers.secret import Secret
from helpers.verification import ChecksPaused, CodeKeys, InvalidCode, Policy, VerificationError

NewBench = Callable[..., Bench]
RFC_SECRET = b"12345678901234567890"
# RFC 6238, appendix B, the rows of SHA-1: eight digits there, of which an app of six shows the last six.
RFC_6238 = (
    (59, "94287082"),
    (1111111109, "07081804"),
    (1111111111, "14050471"),
    (1234567890, "89005924"),
    (2000000000, "69279037"),
    (20000000000, "65353130"),
)


def with_secret(bench: Bench, monkeypatch: pytest.MonkeyPatch, secret: bytes) -> None:
    monkeypatch.setattr("helpers.alternatives.totp.secrets.token_bytes", lambda count: secret[:count])
    setup = bench.begin()
    monkeypatch.undo()
    assert base64.b32decode(setup.secret.reveal()) == secret
    with bench.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE totp_apps SET state = 'active'")


# Which codes


@pytest.mark.parametrize(("seconds", "code"), RFC_6238)
def test_the_codes_of_the_rfc_are_taken(bench: Bench, monkeypatch: pytest.MonkeyPatch, seconds: int, code: str) -> None:
    with_secret(bench, monkeypatch, RFC_SECRET)
    monkeypatch.setattr(bench.clock, "now_ms", lambda: seconds * 1000)
    bench.take(code[-6:])


@pytest.mark.parametrize("seconds", [-30, 0, 30])
def test_a_clock_that_is_half_a_minute_off_is_fine(bench: Bench, seconds: int) -> None:
    """RFC 6238 §5.2 and §6: one step back, and one ahead."""
    setup = bench.active()
    bench.take(bench.shown(setup, seconds=seconds))


@pytest.mark.parametrize("seconds", [-60, 60])
def test_a_clock_that_is_a_minute_off_is_not(bench: Bench, seconds: int) -> None:
    setup = bench.active()
    bench.clock.advance(minutes=1)
    with pytest.raises(WrongTotp, match="let your phone set its clock"):
        bench.take(bench.shown(setup, seconds=seconds))


@pytest.mark.parametrize(("typed", "words"), [("", "digits from your app"), ("12345a", "only digits"), ("12345", "5")])
def test_what_is_no_code_charges_nobody(bench: Bench, typed: str, words: str) -> None:
    bench.active()
    with pytest.raises(InvalidCode, match=words):
        bench.take(typed)
    assert bench.store.failures("ana", authenticator="totp") == 0


def test_a_code_may_be_typed_as_apps_show_it(bench: Bench) -> None:
    code = bench.shown(bench.active())
    bench.take(f" {code[:3]} {code[3:]}")


# How often


def test_a_code_is_taken_once(bench: Bench) -> None:
    """RFC 6238 §5.2."""
    code = bench.shown(bench.active())
    bench.take(code)
    with pytest.raises(TotpUsed):
        bench.take(code)
    bench.clock.advance(seconds=30)  # still in the window, and still used
    with pytest.raises(TotpUsed):
        bench.take(code)


def test_nor_is_one_from_before_the_last_that_was_taken(bench: Bench) -> None:
    setup = bench.active()
    bench.take(bench.shown(setup, seconds=30))
    for seconds in (0, -30):
        with pytest.raises(TotpUsed):
            bench.take(bench.shown(setup, seconds=seconds))
    bench.clock.advance(seconds=30)
    bench.take(bench.shown(setup, seconds=30))


def test_the_first_code_is_used_up_by_setting_the_app_up(bench: Bench) -> None:
    setup = bench.begin()
    bench.confirm(setup)
    with pytest.raises(TotpUsed):
        bench.take(bench.shown(setup))


def test_of_eight_with_the_same_code_one_gets_in(new_bench: NewBench) -> None:
    benches = [new_bench(policy=Policy(free_failures=20)) for _ in range(8)]
    setup = benches[0].active()
    for other in benches[1:]:
        other.clock.advance(minutes=1)
    code, barrier = benches[0].shown(setup), Barrier(8)

    def come(bench: Bench) -> str:
        match = bench.totp.check("ana", code)
        barrier.wait(timeout=60)  # all have compared, and found it right
        try:
            with bench.engine.begin() as connection:
                bench.totp.use(connection, match)
        except TotpUsed:
            return "used"
        return "in"

    with ThreadPoolExecutor(8) as threads:
        assert Counter(threads.map(come, benches)) == {"in": 1, "used": 7}


def test_of_two_codes_at_once_the_older_is_refused_when_it_comes_second(bench: Bench) -> None:
    setup = bench.active()
    older = bench.totp.check("ana", bench.shown(setup))
    newer = bench.totp.check("ana", bench.shown(setup, seconds=30))
    with bench.engine.begin() as connection:
        bench.totp.use(connection, newer)
    with pytest.raises(TotpUsed), bench.engine.begin() as connection:
        bench.totp.use(connection, older)


# Failures


def test_a_wrong_code_is_counted_and_a_right_one_ends_the_row(bench: Bench) -> None:
    setup = bench.active()
    for failures in (1, 2):
        with pytest.raises(WrongTotp):
            bench.take(bench.wrong(setup))
        assert bench.store.failures("ana", authenticator="totp") == failures
    bench.take(bench.shown(setup))
    assert bench.store.failures("ana", authenticator="totp") == 0


def test_a_used_code_is_counted_too(bench: Bench) -> None:
    code = bench.shown(bench.active())
    bench.take(code)
    with pytest.raises(TotpUsed):
        bench.take(code)
    assert bench.store.failures("ana", authenticator="totp") == 1


def test_a_right_code_that_loses_the_race_stays_counted(bench: Bench) -> None:
    bench.totp.check("ana", bench.shown(bench.active()))
    assert bench.store.failures("ana", authenticator="totp") == 1


def test_failures_pause_and_then_end_it_until_it_is_set_up_again(new_bench: NewBench) -> None:
    bench = new_bench(policy=Policy(account_failure_cap=6, free_failures=5))
    setup = bench.active()
    for _ in range(5):
        with pytest.raises(WrongTotp):
            bench.take(bench.wrong(setup))
    with pytest.raises(ChecksPaused) as paused:
        bench.take(bench.shown(setup))
    assert paused.value.retry_after == timedelta(seconds=30)
    bench.clock.advance(seconds=30)
    with pytest.raises(WrongTotp):
        bench.take(bench.wrong(setup))
    bench.clock.advance(hours=2)
    with pytest.raises(TotpDisabled, match="app") as disabled:
        bench.take(bench.shown(setup))
    assert "text" not in disabled.value.user_message
    assert not bench.limits.disabled("ana", authenticator="sms")
    bench.take(bench.shown(bench.active()))


# Setting up


def test_the_uri_is_what_apps_expect(bench: Bench) -> None:
    setup = bench.begin("ana: née")
    uri = urlsplit(setup.uri.reveal())
    assert (uri.scheme, uri.netloc) == ("otpauth", "totp")
    assert unquote(uri.path) == "/Example Bank:ana: née"
    assert uri.path.count(":") == 1
    assert parse_qs(uri.query) == {"secret": [setup.secret.reveal()], "issuer": ["Example Bank"]}
    assert pyotp.parse_uri(setup.uri.reveal()).at(0) == pyotp.TOTP(setup.secret.reveal()).at(0)


def test_a_secret_has_160_bits_and_each_is_another(bench: Bench) -> None:
    """RFC 4226 §4, R6."""
    secrets = {bench.begin().secret.reveal() for _ in range(5)}
    assert len(secrets) == 5
    assert all(len(base64.b32decode(secret)) == 20 for secret in secrets)


def test_the_secret_can_be_typed_and_its_picture_has_a_name(bench: Bench) -> None:
    setup = bench.begin()
    assert re.fullmatch(r"([A-Z2-7]{4} ){7}[A-Z2-7]{4}", setup.by_hand.reveal())
    assert setup.by_hand.reveal().replace(" ", "") == setup.secret.reveal()
    svg = setup.qr_svg()
    assert svg.startswith("<svg")
    assert "<title>QR code that adds the account ana to an authenticator app</title>" in svg
    assert setup.qr_data_uri().startswith("data:image/svg+xml")


def test_a_picture_of_a_name_is_no_markup(bench: Bench) -> None:
    assert "<b>" not in bench.begin("<b>ana</b>").qr_svg()


def test_a_setup_shows_its_secret_to_nobody(bench: Bench) -> None:
    setup = bench.begin()
    match = bench.totp.first_code("ana", bench.shown(setup))
    for shown in (repr(setup), str(setup), repr(match)):
        assert setup.secret.reveal() not in shown
        assert "otpauth" not in shown
        assert repr(base64.b32decode(setup.secret.reveal())) not in shown


def test_nothing_counts_before_a_first_code_came_back(bench: Bench) -> None:
    setup = bench.begin()
    assert not bench.totp.has("ana")
    with pytest.raises(NoTotp):
        bench.take(bench.shown(setup))
    with pytest.raises(WrongTotp):
        bench.totp.first_code("ana", bench.wrong(setup))
    assert not bench.totp.has("ana")
    bench.confirm(setup)
    assert bench.totp.has("ana")
    assert not bench.totp.has("ben")


def test_a_setup_waits_for_ten_minutes(bench: Bench) -> None:
    setup = bench.begin()
    assert setup.expires_at == bench.clock.now() + timedelta(minutes=10)
    bench.clock.advance(seconds=599)
    bench.totp.first_code("ana", bench.shown(setup))
    bench.clock.advance(seconds=1)
    with pytest.raises(TotpSetupOver):
        bench.totp.first_code("ana", bench.shown(setup))


def test_setups_that_are_over_are_swept_away_by_the_next(bench: Bench) -> None:
    bench.active("ben")
    bench.begin("cid")
    bench.begin()
    bench.clock.advance(minutes=10)
    bench.begin()
    kept = {(row["account"], row["state"]) for row in bench.rows("totp_apps")}
    assert kept == {("ana", "pending"), ("ben", "active")}


def test_a_setup_that_nobody_began_is_over(bench: Bench) -> None:
    with pytest.raises(TotpSetupOver):
        bench.totp.first_code("ana", "123456")


def test_until_the_new_app_has_shown_a_code_the_old_one_works(bench: Bench) -> None:
    old = bench.active()
    new = bench.begin()
    bench.take(bench.shown(old))
    bench.confirm(new)
    bench.clock.advance(minutes=1)
    with pytest.raises(WrongTotp):
        bench.take(bench.shown(old))
    bench.take(bench.shown(new))


def test_of_two_setups_the_newer_counts(bench: Bench) -> None:
    older = bench.begin()
    match = bench.totp.first_code("ana", bench.shown(older))
    newer = bench.begin()
    with pytest.raises(TotpSetupOver), bench.engine.begin() as connection:
        bench.totp.activate(connection, match)
    bench.confirm(newer)


def test_a_code_of_an_app_that_was_replaced_meanwhile_opens_nothing(bench: Bench) -> None:
    match = bench.totp.check("ana", bench.shown(bench.active()))
    new = bench.begin()
    bench.confirm(new)
    with bench.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE totp_apps SET last_step = 0")
    with pytest.raises(TotpUsed), bench.engine.begin() as connection:
        bench.totp.use(connection, match)


def test_an_app_is_removed_with_one_that_waits(bench: Bench) -> None:
    bench.active()
    bench.begin()
    for there in (True, False):
        with bench.engine.begin() as connection:
            assert bench.totp.remove(connection, "ana") is there
    assert bench.rows("totp_apps") == []


# What is kept


def test_a_stolen_database_holds_no_secret(bench: Bench) -> None:
    setup = bench.active()
    secret = base64.b32decode(setup.secret.reveal())
    bench.begin()
    for value in bench.stored_values():
        held = value if isinstance(value, bytes) else str(value).encode()
        assert secret not in held
        assert setup.secret.reveal().encode() not in held


def test_the_same_secret_is_sealed_differently_each_time() -> None:
    vault = Vault(CodeKeys(KEY))
    assert len({vault.seal(Secret(RFC_SECRET), account="ana") for _ in range(5)}) == 5


def test_a_sealed_secret_opens_for_its_account_and_key_alone() -> None:
    vault = Vault(CodeKeys(KEY))
    sealed = vault.seal(Secret(RFC_SECRET), account="ana")
    opened = vault.open(sealed, key_id=vault.current_id, account="ana")
    assert opened is not None
    assert opened.reveal() == RFC_SECRET
    assert vault.open(sealed, key_id=vault.current_id, account="ben") is None
    changed = sealed[:-1] + bytes([sealed[-1] ^ 1])
    assert vault.open(changed, key_id=vault.current_id, account="ana") is None
    other = Vault(CodeKeys(OLD_KEY))
    assert other.open(sealed, key_id=vault.current_id, account="ana") is None
    assert other.open(sealed, key_id=other.current_id, account="ana") is None


def test_a_row_that_was_moved_to_another_account_opens_nothing(bench: Bench) -> None:
    setup = bench.active("mallory")
    with bench.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE totp_apps SET account = 'ana'")
    assert not bench.totp.has("ana")
    with pytest.raises(NoTotp):
        bench.take(bench.shown(setup))


def test_a_key_is_changed_under_a_live_app(new_bench: NewBench) -> None:
    before = new_bench(keys=CodeKeys(OLD_KEY))
    setup = before.active()
    (old_row,) = before.rows("totp_apps")
    meanwhile = new_bench(keys=CodeKeys(KEY, [OLD_KEY]))
    meanwhile.clock.advance(minutes=1)
    meanwhile.take(meanwhile.shown(setup))
    (new_row,) = meanwhile.rows("totp_apps")
    assert new_row["key_id"] == CodeKeys(KEY).current_id != old_row["key_id"]
    after = new_bench(keys=CodeKeys(KEY))
    after.clock.advance(minutes=2)
    after.take(after.shown(setup))
    assert after.rows("totp_apps")[0]["sealed"] == new_row["sealed"]  # under the current key already


def test_where_its_key_is_gone_there_is_no_app(new_bench: NewBench) -> None:
    before = new_bench(keys=CodeKeys(OLD_KEY))
    setup = before.active()
    waiting = before.begin("ben")
    after = new_bench(keys=CodeKeys(KEY))
    after.clock.advance(minutes=1)
    assert not after.totp.has("ana")
    with pytest.raises(NoTotp):
        after.take(after.shown(setup))
    with pytest.raises(TotpSetupOver):
        after.totp.first_code("ben", after.shown(waiting))
    after.take(after.shown(after.active()))


def test_each_refusal_is_one_of_the_verifications() -> None:
    """So that whoever catches those catches these."""
    kinds: list[Any] = [NoTotp, TotpDisabled, TotpSetupOver, TotpUsed, WrongTotp]
    assert all(issubclass(kind, VerificationError) for kind in kinds)
