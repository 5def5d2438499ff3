"""From .env to the parts: practice touches nothing real, live refuses to start half set up, no value is ever shown."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import socket
import stat
import threading
import traceback
from base64 import b64decode, b64encode
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import dotenv
import pytest
import requests
from class_seat import WHERE, class_bench
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st
from sqlalchemy import MetaData, create_engine, inspect

from helpers import settings as module
from helpers.clock import LESSON_START, Clock, ClockCannotBeTurned
from helpers.database import open_database, transaction
from helpers.flowroute import ConnectionFailed, FlowrouteError, LiveGuardRefused, Unauthorized
from helpers.phone_numbers import PhoneNumber
from helpers.secret import Secret
from helpers.settings import (
    Settings,
    SettingsError,
    current_class,
    new_code_key,
    read_variables,
    remove_from_env,
    save_env,
)

REAL_ACCESS_KEY = "87654321"
REAL_SECRET_KEY = "AbCdEf0123456789AbCdEf0123456789"
REAL_CODE_KEY = "5f" * 32
LIVE = {
    "FLOWROUTE_MODE": "live",
    "FLOWROUTE_ACCESS_KEY": REAL_ACCESS_KEY,
    "FLOWROUTE_SECRET_KEY": REAL_SECRET_KEY,
    "FLOWROUTE_NUMBER": "206-555-0150",
    "FLOWROUTE_ALLOWED_RECIPIENTS": "206-555-0101, +1 206 555 0102",
    "TWO_FACTOR_CODE_KEY": REAL_CODE_KEY,
}
SHARED = "postgresql+psycopg://course:s3cret@localhost:1/bank?options=-csearch_path%3Dx"
REAL_VALUES = (REAL_ACCESS_KEY, REAL_SECRET_KEY, REAL_CODE_KEY)


@pytest.fixture(autouse=True)
def env(monkeypatch, tmp_path):
    """No setting from outside, and a .env and a course folder of this test's own. Gives the path of .env."""
    for name in [*os.environ]:
        if name.startswith(("FLOWROUTE_", "TWO_FACTOR_", "DATABASE_URL")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("TWO_FACTOR_ENV_FILE", str(tmp_path / ".env"))
    monkeypatch.setenv("TWO_FACTOR_COURSE_DIR", str(tmp_path / "course"))
    return tmp_path / ".env"


@pytest.fixture
def live(env):
    def load(**changes):
        values = {**LIVE, **changes}
        env.write_text("".join(f"{name}={value}\n" for name, value in values.items() if value is not None))
        return Settings.load()

    return load


def mode_of(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_without_env_it_is_practice_with_the_courses_own_keys():
    settings = Settings.load()
    assert (settings.mode, settings.practice, settings.live) == ("practice", True, False)
    assert settings.env_file is None
    assert settings.access_key == module.PRACTICE_ACCESS_KEY
    assert settings.from_number == PhoneNumber("+12065550199")
    assert settings.my_number == PhoneNumber("+12065550100")
    assert settings.clock.running


@pytest.mark.parametrize("text", ["", "\n\n", "# nothing yet\n", "FLOWROUTE_MODE=\n", "FLOWROUTE_MODE= Practice \n"])
def test_an_empty_env_is_practice_too(env, text):
    env.write_text(text)
    settings = Settings.load()
    assert settings.practice
    assert settings.env_file == env


@pytest.mark.parametrize("mode", ["Live", "LIVE", " live ", "'live'", '"live" # for real'])
def test_live_may_be_written_in_any_way(live, mode):
    assert live(FLOWROUTE_MODE=mode).live


def test_a_mode_that_is_neither_is_refused_without_its_text(live):
    with pytest.raises(SettingsError, match="FLOWROUTE_MODE is neither practice nor live") as caught:
        live(FLOWROUTE_MODE="s3cret-in-the-wrong-place")
    assert "s3cret" not in str(caught.value)


def test_practice_takes_no_shared_database(monkeypatch):
    monkeypatch.setenv("DATABASE_URL", SHARED)
    assert Settings.load().database_url.endswith("/course.sqlite")
    assert Settings.for_notebook("04").for_form().database_url.endswith("/04-form.sqlite")


def test_the_environment_wins_over_env(live, monkeypatch):
    monkeypatch.setenv("FLOWROUTE_MODE", "practice")
    assert live().practice
    monkeypatch.setenv("FLOWROUTE_MODE", "live")
    monkeypatch.setenv("FLOWROUTE_ACCESS_KEY", "11112222")
    assert live().access_key == "11112222"


class TestPractice:
    @pytest.fixture
    def settings(self, env, monkeypatch):
        """Practice, with real-looking keys in .env and in the environment."""
        keys = {name: value for name, value in LIVE.items() if name != "FLOWROUTE_MODE"}
        env.write_text("".join(f"{name}={value}\n" for name, value in keys.items()))
        for name, value in keys.items():
            monkeypatch.setenv(name, value)
        return Settings.load()

    def test_real_keys_are_in_no_attribute(self, settings):
        held = [value.reveal() if isinstance(value, Secret) else value for value in vars(settings).values()]
        held += [repr(settings), str(vars(settings)), settings.describe(), *map(repr, held)]
        held = [bytes.hex(value) if isinstance(value, bytes) else str(value) for value in held]
        assert not [value for value in held for real in REAL_VALUES if real in value]
        assert PhoneNumber.parse(LIVE["FLOWROUTE_NUMBER"]) not in vars(settings).values()

    @pytest.mark.parametrize("version", ["v2", "v2.1", "v2.2"])
    def test_practice_keys_and_nothing_else_are_sent(self, settings, version, monkeypatch):
        sent = []
        client = settings.client(api_version=version)
        real_send = requests.Session.send
        monkeypatch.setattr(
            requests.Session, "send", lambda self, request, **kw: sent.append(request) or real_send(self, request, **kw)
        )
        client.send_message(to=settings.my_number, from_=settings.from_number, body="Hello")
        [request] = sent
        pair = f"{module.PRACTICE_ACCESS_KEY}:{module.PRACTICE_SECRET_KEY}".encode()
        assert request.headers["Authorization"] == f"Basic {b64encode(pair).decode()}"
        everything = f"{request.url}{request.headers}{request.body}"
        assert not [real for real in REAL_VALUES if real in everything]

    def test_no_socket_is_made(self, settings, monkeypatch):
        def refuse(*_args, **_kwargs):
            raise AssertionError("practice mode made a socket")

        monkeypatch.setattr(socket, "socket", refuse)
        monkeypatch.setattr(socket, "create_connection", refuse)
        monkeypatch.setattr(socket, "getaddrinfo", refuse)
        client = settings.client()
        sent = client.send_message(to=settings.my_number, from_=settings.from_number, body="Hello")
        assert client.get_message(sent.id).body == "Hello"

    @pytest.mark.parametrize(
        "url",
        [
            "http://api.flowroute.com/v2.2/messages",
            "https://api.flowroute.com:8443/v2.2/messages",
            "https://api.flowroute.com.example.org/v2.2/messages",
            "https://api.flowroute.com@127.0.0.1/v2.2/messages",
            "https://www.flowroute.com/",
            "https://example.org/",
            "http://127.0.0.1:8025/v2.2/messages",
            "http://localhost/",
            "http://[::1]/",
            "https://127.0.0.1/",
        ],
    )
    @pytest.mark.parametrize("method", ["GET", "POST"])
    def test_every_other_door_is_closed(self, settings, method, url):
        with pytest.raises(ConnectionFailed, match=r"nothing else\. Nothing was sent"):
            settings.session().request(method, url, timeout=1)

    def test_a_proxy_in_the_environment_is_not_used(self, settings, monkeypatch):
        for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy", "HTTP_PROXY"):
            monkeypatch.setenv(name, "http://127.0.0.1:9")
        client = settings.client()
        assert client.send_message(to=settings.my_number, from_=settings.from_number, body="Hello").id
        with pytest.raises(ConnectionFailed, match="nothing else"):
            settings.session().get("http://example.org/")

    def test_a_netrc_file_is_not_used(self, settings, monkeypatch, tmp_path):
        netrc = tmp_path / "netrc"
        netrc.write_text(f"machine api.flowroute.com login {REAL_ACCESS_KEY} password {REAL_SECRET_KEY}\n")
        netrc.chmod(0o600)
        monkeypatch.setenv("NETRC", str(netrc))
        answer = settings.session().get("https://api.flowroute.com/v2.2/messages?start_date=2026-03-02")
        assert "Authorization" not in answer.request.headers
        assert answer.status_code == 401

    def test_other_keys_may_be_tried_and_are_refused(self, settings):
        client = settings.client(access_key="1", secret_key=Secret("2"))
        with pytest.raises(Unauthorized):
            client.send_message(to=settings.my_number, from_=settings.from_number, body="Hello")

    def test_the_practice_code_key_is_not_the_real_one(self, settings):
        assert settings.code_key.reveal() != bytes.fromhex(REAL_CODE_KEY)
        assert len(settings.code_key.reveal()) == 32

    def test_the_clock_that_is_passed_in_moves_the_network(self):
        clock = Clock.standing_still()
        settings = Settings.load(clock=clock)
        assert settings.clock is settings.simulator.clock is clock

    def test_describe_says_what_practice_means(self, settings):
        assert settings.describe() == (
            "Practice mode: no account, no cost, nothing leaves this machine (.env was read)."
        )

    def test_nothing_can_be_pickled_with_its_secrets(self, settings):
        with pytest.raises(TypeError):
            pickle.dumps(settings)


class TestLive:
    def test_all_of_it_is_read(self, live, env):
        settings = live()
        assert (settings.mode, settings.live, settings.env_file) == ("live", True, env)
        assert settings.access_key == REAL_ACCESS_KEY
        assert settings.secret_key == Secret(REAL_SECRET_KEY)
        assert settings.code_key == Secret(bytes.fromhex(REAL_CODE_KEY))
        assert settings.from_number == PhoneNumber("+12065550150")
        assert settings.allowed_recipients == (PhoneNumber("+12065550101"), PhoneNumber("+12065550102"))
        assert settings.my_number == PhoneNumber("+12065550101")
        assert settings.daily_cap == 20
        assert settings.simulator is settings.inbox is None

    def test_no_repr_shows_a_secret_or_a_number(self, live):
        settings = live()
        shown = f"{settings!r} {settings} {settings.describe()}"
        assert not [value for value in (*REAL_VALUES, "206555", "555-01") if value in shown]

    @pytest.mark.parametrize("name", [name for name in LIVE if name != "FLOWROUTE_MODE"])
    @pytest.mark.parametrize("value", [None, "", "   "])
    def test_each_variable_is_needed(self, live, name, value):
        with pytest.raises(SettingsError, match=f"Missing in .env: {name}") as caught:
            live(**{name: value})
        assert caught.value.user_message == str(caught.value)

    def test_all_that_is_missing_is_named_at_once(self, monkeypatch):
        monkeypatch.setenv("FLOWROUTE_MODE", "live")
        with pytest.raises(SettingsError) as caught:
            Settings.load()
        for name in LIVE.keys() - {"FLOWROUTE_MODE"}:
            assert name in str(caught.value)

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("FLOWROUTE_NUMBER", "12-s3cret"),
            ("FLOWROUTE_NUMBER", "106555987654"),
            ("FLOWROUTE_ALLOWED_RECIPIENTS", "206-555-0101, 555-9876"),
            ("FLOWROUTE_ALLOWED_RECIPIENTS", "+18765559876"),
            ("FLOWROUTE_ALLOWED_RECIPIENTS", "+19005559876"),
            ("FLOWROUTE_ALLOWED_RECIPIENTS", ", ;"),
            ("FLOWROUTE_DAILY_CAP", "0"),
            ("FLOWROUTE_DAILY_CAP", "-3"),
            ("FLOWROUTE_DAILY_CAP", "1001"),
            ("FLOWROUTE_DAILY_CAP", "987.5"),
            ("FLOWROUTE_DAILY_CAP", "s3cret"),
            ("FLOWROUTE_DAILY_CAP", "²"),
            ("TWO_FACTOR_CODE_KEY", "s3cret"),
            ("TWO_FACTOR_CODE_KEY", "5f" * 31),
            ("TWO_FACTOR_CODE_KEY", "5f" * 33),
            ("TWO_FACTOR_CODE_KEY", "zz" * 32),
            ("TWO_FACTOR_PREVIOUS_CODE_KEYS", "zz" * 32),
            ("TWO_FACTOR_PREVIOUS_CODE_KEYS", f"{'a0' * 32}, s3cret"),
        ],
    )
    def test_a_bad_value_is_told_by_its_name_and_never_shown(self, live, name, value):
        with pytest.raises(SettingsError, match=f"^{name}") as caught:
            live(**{name: value})
        shown = "".join(traceback.format_exception(caught.value))
        assert not [part for part in ("s3cret", "5f5f", "zz", "9876", "987.5", "1001", "²") if part in shown]

    def test_spaces_around_keys_are_cut_off(self, live):
        settings = live(
            FLOWROUTE_ACCESS_KEY=f"'  {REAL_ACCESS_KEY} '",
            FLOWROUTE_SECRET_KEY=f"'\t{REAL_SECRET_KEY}  '",
            TWO_FACTOR_CODE_KEY=f"' {REAL_CODE_KEY} '",
        )
        assert settings.access_key == REAL_ACCESS_KEY
        assert settings.secret_key == Secret(REAL_SECRET_KEY)
        assert settings.code_key == Secret(bytes.fromhex(REAL_CODE_KEY))

    @pytest.mark.parametrize(
        ("text", "count"), [("", 0), (" , ", 0), ("a0" * 32, 1), (f"{'a0' * 32}, {'b1' * 32};", 2)]
    )
    def test_keys_of_before_are_known_to_the_verifier(self, live, text, count):
        settings = live(TWO_FACTOR_PREVIOUS_CODE_KEYS=f"'{text}'")
        assert settings.previous_code_keys == tuple(
            Secret(bytes.fromhex(key)) for key in ("a0" * 32, "b1" * 32)[:count]
        )
        assert len(settings.verifier()._keys.ids) == count + 1

    @pytest.mark.parametrize(("text", "cap"), [("1", 1), (" 7 ", 7), ("1000", 1000), ("", 20)])
    def test_the_daily_cap_can_be_set(self, live, text, cap):
        assert live(FLOWROUTE_DAILY_CAP=text).daily_cap == cap

    def test_the_clock_is_real_whatever_is_passed_in(self, live):
        live()
        settings = Settings.load(clock=Clock.standing_still())
        with pytest.raises(ClockCannotBeTurned):
            settings.clock.advance(minutes=5)

    def test_describe_says_that_texts_cost_money(self, live):
        assert live(FLOWROUTE_DAILY_CAP="5").describe() == (
            "LIVE mode: texts are real and cost money. At most 5 a day, to 2 allowed phones (.env was read)."
        )
        assert "to 1 allowed phone (" in live(FLOWROUTE_ALLOWED_RECIPIENTS="206-555-0101").describe()

    @pytest.mark.parametrize("url", ["http://api.flowroute.com/", "https://example.org/", "http://127.0.0.1:8025/"])
    def test_every_other_door_is_closed(self, live, url):
        with pytest.raises(ConnectionFailed, match="nothing else"):
            live().session().post(url, timeout=1)

    def test_the_guard_stands_in_front_of_flowroute(self, live):
        settings = live()
        client = settings.client()
        with pytest.raises(LiveGuardRefused, match="ending in 99 is not on your allow-list"):
            client.send_message(to="+12065550199", from_=settings.from_number, body="Your code is 123456")
        shown = f"{client.last_exchange!r} {client.last_exchange}"
        assert "206555" not in shown
        assert "123456" not in shown

    def test_without_a_database_nothing_is_sent(self, live, monkeypatch):
        monkeypatch.setattr(requests.adapters.HTTPAdapter, "send", lambda *_args, **_kwargs: pytest.fail("was sent"))
        settings = live()
        client = settings.client()
        with transaction(create_engine(module.database_url("live-sends"))) as connection:
            connection.exec_driver_sql("DROP TABLE live_sends")
        with pytest.raises(LiveGuardRefused, match="cannot be counted, so nothing was sent"):
            client.send_message(to=settings.my_number, from_=settings.from_number, body="Hello")

    def test_practice_is_one_call_away_and_holds_nothing_real(self, live):
        practice = live().for_practice()
        assert practice.practice
        assert practice.access_key == module.PRACTICE_ACCESS_KEY
        assert practice.secret_key == Secret(module.PRACTICE_SECRET_KEY)
        assert practice.code_key != Secret(bytes.fromhex(REAL_CODE_KEY))
        assert practice.database_url != Settings.load().database_url

    def test_a_shared_database_is_taken_in_live_mode(self, live):
        settings = live(DATABASE_URL=f" {SHARED} ")
        assert settings.database_url == SHARED
        assert "s3cret" not in repr(settings)

    @pytest.mark.parametrize(
        "bad", ["s3cret", "sqlite:///s3cret", "postgresql://s3cret@host/x", "a://s3cret:b:c@d:e/f"]
    )
    def test_any_other_address_is_refused_and_not_shown(self, live, bad):
        with pytest.raises(SettingsError, match=r"DATABASE_URL is written like postgresql\+psycopg://") as caught:
            live(DATABASE_URL=bad)
        assert "s3cret" not in "".join(traceback.format_exception(caught.value))

    def test_a_blank_one_is_none(self, live):
        assert live(DATABASE_URL=" ").database_url.endswith("/course-live.sqlite")

    def test_a_notebook_empties_no_shared_database(self, live):
        """Each notebook begins with an empty database: never with other people's."""
        live(DATABASE_URL=SHARED)
        assert Settings.for_notebook("04").database_url.endswith("/04-live.sqlite")

    def test_nor_does_the_practice_beside_live(self, live):
        practice = live(DATABASE_URL=SHARED).for_practice()
        assert practice.database_url.endswith("/bank-practice.sqlite")

    def test_a_form_is_live_too(self, live):
        settings = live()
        assert settings.for_form() is settings

    def test_the_code_is_asked_from_the_person(self, live, monkeypatch):
        monkeypatch.setattr("builtins.input", lambda prompt: "123456" if "your own phone" in prompt else "")
        assert live().code_from_phone() == "123456"


def put_table(url, name="leftover"):
    with transaction(open_database(url, MetaData())) as connection:
        connection.exec_driver_sql(f"CREATE TABLE {name} (id INTEGER)")


def tables_of(url):
    engine = create_engine(url)
    try:
        return inspect(engine).get_table_names()
    finally:
        engine.dispose()


def test_a_notebook_starts_with_an_empty_database_of_its_own():
    put_table(Settings.load(database="03-sending").database_url)
    put_table(Settings.load(database="04-verification").database_url)
    settings = Settings.for_notebook("03-sending")
    assert settings.database_url.endswith("/03-sending.sqlite")
    assert tables_of(settings.database_url) == []
    assert tables_of(Settings.load(database="04-verification").database_url) == ["leftover"]


def test_a_notebooks_clock_stands_and_its_rate_limit_is_off():
    settings = Settings.for_notebook("03-sending")
    assert settings.clock.now() == settings.clock.now() == LESSON_START
    client = settings.client()
    for _ in range(7):
        client.send_message(to=settings.my_number, from_=settings.from_number, body="Hello")


def test_a_form_has_a_running_clock_and_an_empty_database_of_its_own():
    settings = Settings.for_notebook("04")
    put_table(settings.database_url)
    put_table(settings.for_form().database_url)
    form = settings.for_form()
    assert form.practice
    assert form.clock.running
    assert form.inbox is not settings.inbox
    assert tables_of(form.database_url) == []
    assert tables_of(settings.database_url) == ["leftover"]


def test_the_code_is_read_from_the_practice_phone():
    settings = Settings.for_notebook("04")
    with pytest.raises(LookupError, match="No code has arrived"):
        settings.code_from_phone()
    client = settings.client()
    client.send_message(to=settings.my_number, from_=settings.from_number, body="Your code.\n@bank.example #482915")
    client.send_message(to="+12065550111", from_=settings.from_number, body="Your code.\n@bank.example #111111")
    with pytest.raises(LookupError, match="turn the clock"):
        settings.code_from_phone()
    settings.clock.advance(seconds=5)
    assert settings.code_from_phone() == "482915"
    assert settings.code_from_phone(PhoneNumber("+12065550111")) == "111111"


class TestReadingEnv:
    @pytest.mark.parametrize(
        ("text", "line"),
        [
            ("FLOWROUTE_SECRET_KEY s3cret\n", 1),
            ("FLOWROUTE_MODE=practice\ns3cret\n", 2),
            ("# hello\n\n\n\n  s3cret s3cret\n", 5),
            ("FLOWROUTE_MODE=practice\r\n\r\nFLOWROUTE_SECRET_KEY 's3cret'\r\n", 3),
            ("A=1\nFLOWROUTE_SECRET_KEY='s3cret\n", 2),
            ("=s3cret", 1),
            ("A='1' s3cret", 1),
        ],
    )
    def test_a_line_that_makes_no_sense_is_told_by_its_number(self, env, text, line):
        env.write_bytes(text.encode())
        with pytest.raises(SettingsError, match=rf"^Line {line} of \.env cannot be read\. Write NAME=value") as caught:
            read_variables()
        assert "s3cret" not in "".join(traceback.format_exception(caught.value))

    def test_a_byte_order_mark_is_no_part_of_the_first_name(self, env):
        env.write_bytes("\ufeffFLOWROUTE_NUMBER=1\n".encode())
        assert read_variables()[0]["FLOWROUTE_NUMBER"] == "1"

    def test_windows_line_ends_are_no_part_of_the_values(self, env):
        env.write_bytes(b"FLOWROUTE_NUMBER=1\r\nFLOWROUTE_DAILY_CAP=2\r\n")
        values, _ = read_variables()
        assert (values["FLOWROUTE_NUMBER"], values["FLOWROUTE_DAILY_CAP"]) == ("1", "2")

    def test_a_file_that_is_not_utf8_says_so(self, env):
        env.write_bytes(b"FLOWROUTE_SECRET_KEY=s3cret\xff\n")
        with pytest.raises(SettingsError, match=r"\.env is not plain text \(UTF-8\)") as caught:
            read_variables()
        assert "s3cret" not in "".join(traceback.format_exception(caught.value))

    def test_a_folder_called_env_says_so(self, env):
        env.mkdir()
        with pytest.raises(SettingsError, match="is there but cannot be read"):
            Settings.load()

    def test_nothing_is_put_into_the_environment(self, live):
        live()
        assert "FLOWROUTE_SECRET_KEY" not in os.environ

    def test_a_dollar_sign_is_only_a_dollar_sign(self, env):
        env.write_text("A=x${HOME}y$HOME\n")
        assert read_variables()[0]["A"] == "x${HOME}y$HOME"


plain_text = st.text(st.characters(exclude_categories=("Cc", "Cs")), max_size=40)
hard_text = st.text(st.sampled_from("$#'\"\\ ={}`\u2019é"), max_size=12)


class TestSavingEnv:
    @examples(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
    @given(first=plain_text | hard_text, second=plain_text | hard_text)
    def test_every_value_comes_back_as_it_was(self, first, second):
        save_env({"SAVED_FIRST": first, "SAVED_SECOND": second})
        values, _ = read_variables()
        assert (values["SAVED_FIRST"], values["SAVED_SECOND"]) == (first, second)

    def test_other_lines_and_comments_are_kept(self, env):
        env.write_text("# mine\nOTHER=1 # one\n\nNEXT=x\nexport FLOWROUTE_MODE=practice\nLAST=2")
        assert save_env({"FLOWROUTE_MODE": "live", "FLOWROUTE_NUMBER": "12065550150"}) == env
        assert env.read_text() == (
            "# mine\nOTHER=1 # one\n\nNEXT=x\nFLOWROUTE_MODE='live'\nLAST=2\nFLOWROUTE_NUMBER='12065550150'\n"
        )

    def test_a_byte_order_mark_and_windows_line_ends_do_no_harm(self, env):
        env.write_bytes("\ufeffFLOWROUTE_MODE=practice\r\nOTHER=1\r\n".encode())
        save_env({"FLOWROUTE_MODE": "live"})
        assert env.read_text() == "FLOWROUTE_MODE='live'\nOTHER=1\n"

    def test_only_you_may_read_a_new_file(self, env):
        old = os.umask(0)
        try:
            save_env({"FLOWROUTE_SECRET_KEY": REAL_SECRET_KEY})
        finally:
            os.umask(old)
        assert mode_of(env) == 0o600

    def test_only_you_may_read_a_file_that_others_could_read(self, env):
        env.write_text("OTHER=1\n")
        env.chmod(0o644)
        save_env({"FLOWROUTE_SECRET_KEY": REAL_SECRET_KEY})
        assert mode_of(env) == 0o600

    def test_at_no_moment_may_others_read_the_secret(self, env, monkeypatch):
        """Looks at every file of the folder at each step that Python makes while the file is saved."""
        env.write_text("OTHER=1\n")
        env.chmod(0o644)
        seen = set()

        def look(_frame, _event, _argument):
            for path in env.parent.iterdir():
                with_secret = path.is_file() and REAL_SECRET_KEY in path.read_text()
                seen.add((mode_of(path) & 0o077) if with_secret else 0)
            return look

        old = os.umask(0)
        threading.settrace(look)
        try:
            saver = threading.Thread(target=save_env, args=({"FLOWROUTE_SECRET_KEY": REAL_SECRET_KEY},))
            saver.start()
            saver.join()
        finally:
            threading.settrace(None)
            os.umask(old)
        assert REAL_SECRET_KEY in env.read_text()
        assert seen == {0}

    def test_no_other_file_is_left_behind(self, env):
        save_env({"FLOWROUTE_MODE": "practice"})
        assert [path.name for path in env.parent.iterdir()] == [".env"]

    def test_when_the_second_value_cannot_be_written_the_first_is_not_either(self, env, monkeypatch):
        env.write_text("FLOWROUTE_ACCESS_KEY=old\n")
        real, calls = dotenv.set_key, []

        def full_at_the_second(*args, **kwargs):
            calls.append(args)
            if len(calls) == 2:
                raise OSError(28, "No space left on device")
            return real(*args, **kwargs)

        monkeypatch.setattr(dotenv, "set_key", full_at_the_second)
        with pytest.raises(SettingsError, match=r"No space left on device\. Nothing was saved"):
            save_env({"FLOWROUTE_ACCESS_KEY": "new", "FLOWROUTE_SECRET_KEY": REAL_SECRET_KEY})
        assert env.read_text() == "FLOWROUTE_ACCESS_KEY=old\n"
        assert [path.name for path in env.parent.iterdir()] == [".env"]

    def test_a_file_that_is_not_utf8_is_left_as_it_is(self, env):
        env.write_bytes(b"NAME=\xff\n")
        with pytest.raises(SettingsError, match="not plain text"):
            save_env({"FLOWROUTE_MODE": "practice"})
        assert env.read_bytes() == b"NAME=\xff\n"

    def test_a_folder_in_its_place_says_so(self, env):
        env.mkdir()
        with pytest.raises(SettingsError, match=r"\.env is there but cannot be read: Is a directory"):
            save_env({"FLOWROUTE_MODE": "practice"})

    def test_a_missing_folder_says_so(self, monkeypatch, tmp_path):
        monkeypatch.setenv("TWO_FACTOR_ENV_FILE", str(tmp_path / "nowhere" / ".env"))
        with pytest.raises(SettingsError, match=r"\.env cannot be written: No such file or directory"):
            save_env({"FLOWROUTE_MODE": "practice"})

    def test_a_new_code_key_can_be_saved_and_used(self, live):
        key = new_code_key()
        live()
        save_env({"TWO_FACTOR_CODE_KEY": key})
        assert Settings.load().code_key == Secret(bytes.fromhex(key))
        assert new_code_key() != key


def _load_code_key(start, results) -> None:
    start.wait()
    results.put(Settings.load().code_key.reveal())


class TestPracticeCodeKey:
    @pytest.fixture
    def path(self, tmp_path):
        return tmp_path / "course" / "practice-code-key"

    def test_it_is_made_once_and_only_you_may_read_it(self, path):
        first = Settings.load().code_key
        assert mode_of(path) == 0o600
        assert mode_of(path.parent) == 0o700
        assert Settings.load().code_key == first
        assert [other.name for other in path.parent.iterdir()] == [path.name]

    def test_it_is_not_in_a_database(self, path):
        settings = Settings.for_notebook("04")
        settings.client().send_message(to=settings.my_number, from_=settings.from_number, body="Hello")
        for database in path.parent.glob("*.sqlite*"):
            assert settings.code_key.reveal() not in database.read_bytes()
            assert settings.code_key.reveal().hex().encode() not in database.read_bytes()

    def test_processes_that_start_at_once_agree_on_it(self, path):
        processes = multiprocessing.get_context("fork")
        start, results = processes.Barrier(6), processes.Queue()
        workers = [processes.Process(target=_load_code_key, args=(start, results)) for _ in range(6)]
        for worker in workers:
            worker.start()
        keys = {results.get(timeout=20) for _ in workers}
        for worker in workers:
            worker.join()
        assert keys == {bytes.fromhex(path.read_text())}
        assert [other.name for other in path.parent.iterdir()] == [path.name]

    @pytest.mark.parametrize("content", [b"", b"s3cret", b"\xff\xfe", b"5f" * 31])
    def test_a_file_that_holds_no_key_is_named_and_not_shown(self, path, content):
        path.parent.mkdir()
        path.write_bytes(content)
        with pytest.raises(SettingsError, match="practice-code-key") as caught:
            Settings.load()
        assert "s3cret" not in str(caught.value)

    def test_a_folder_in_its_place_says_so(self, path):
        path.mkdir(parents=True)
        with pytest.raises(SettingsError, match="practice-code-key is there but cannot be read"):
            Settings.load()

    def test_a_course_folder_that_cannot_be_written_says_what_to_do(self, path, monkeypatch):
        def refuse(*_args, **_kwargs):
            raise PermissionError(13, "Permission denied")

        monkeypatch.setattr(os, "open", refuse)  # root, who runs some test machines, may write anywhere
        with pytest.raises(SettingsError, match=r"\(course\) cannot be written: Permission denied\. Give yourself"):
            Settings.load()

    def test_a_disk_that_is_full_leaves_no_half_key_behind(self, path, monkeypatch):
        def refuse(*_args, **_kwargs):
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(os, "link", refuse)
        monkeypatch.setattr(Path, "replace", refuse)
        with pytest.raises(SettingsError, match="No space left on device"):
            Settings.load()
        assert list(path.parent.iterdir()) == []

    def test_a_disk_that_knows_no_links_does_as_well(self, path, monkeypatch):
        def refuse(*_args, **_kwargs):
            raise OSError(1, "Operation not permitted")

        monkeypatch.setattr(os, "link", refuse)
        assert Settings.load().code_key == Settings.load().code_key
        assert list(path.parent.iterdir()) == [path]


def test_a_course_folder_that_cannot_be_made_says_what_to_do(monkeypatch, tmp_path):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("TWO_FACTOR_COURSE_DIR", str(tmp_path / "file" / "course"))
    with pytest.raises(SettingsError, match=r"cannot be made: Not a directory.*set TWO_FACTOR_COURSE_DIR"):
        Settings.load()


def test_lesson_time_and_form_time_are_apart():
    settings = Settings.for_notebook("04")
    form = settings.for_form()
    settings.clock.advance(minutes=30)
    assert form.clock.now() - settings.clock.now() > timedelta(days=1)


class TestOnExchange:
    @staticmethod
    def ask(client):
        with pytest.raises(FlowrouteError):
            client.get_message("mdr2-1")

    def test_clients_made_earlier_and_later_tell_until_it_is_ended(self):
        settings, told = Settings.load(clock=Clock.standing_still()), []
        earlier = settings.client()
        stop = settings.on_exchange(told.append)
        later = settings.client(api_version="v2")
        self.ask(earlier)
        self.ask(later)
        assert [exchange.url.split("/")[3] for exchange in told] == ["v2.2", "v2"]
        stop()
        self.ask(earlier)
        assert len(told) == 2

    def test_settings_made_from_these_have_listeners_of_their_own(self):
        settings, told = Settings.load(clock=Clock.standing_still()), []
        settings.on_exchange(told.append)
        for other in (settings.for_form("one"), settings.for_practice(), replace(settings, daily_cap=3)):
            self.ask(other.client())
            assert told == []
            own = []
            other.on_exchange(own.append)
            self.ask(other.client())
            assert len(own) == 1

    def test_they_change_neither_the_repr_nor_what_is_equal(self):
        settings = Settings.load(clock=Clock.standing_still())
        before, same = repr(settings), replace(settings)
        settings.on_exchange(lambda exchange: None)
        assert (repr(settings), settings == same) == (before, True)

    def test_one_that_fails_stops_neither_the_call_nor_the_others(self):
        settings, told = Settings.load(clock=Clock.standing_still()), []
        settings.on_exchange(lambda exchange: 1 / 0)
        settings.on_exchange(told.append)
        self.ask(settings.client())
        assert len(told) == 1

    def test_live_exchanges_are_told_masked(self, live):
        settings, told = live(), []
        settings.on_exchange(told.append)
        with pytest.raises(LiveGuardRefused):
            settings.client().send_message(to="+12065550199", from_=settings.from_number, body="Your code is 123456")
        assert not [part for part in (*REAL_VALUES, "206555", "123456") if part in f"{told[0].as_dict()}"]


class TestClass:
    """FLOWROUTE_SIMULATOR_URL: practice over the network of a class."""

    @pytest.fixture
    def bench(self, env, monkeypatch):
        """A class in this process; its address is in .env, beside real-looking keys."""
        bench = class_bench()
        keys = {name: value for name, value in LIVE.items() if name != "FLOWROUTE_MODE"}
        lines = {**keys, "FLOWROUTE_SIMULATOR_URL": bench.address_line}
        env.write_text("".join(f"{name}={value}\n" for name, value in lines.items()))
        monkeypatch.setattr(module, "connect", lambda address: bench.network)
        yield bench
        bench.room.close()

    def test_the_address_says_it_all(self, bench):
        settings = Settings.for_notebook("02")
        assert (settings.practice, settings.live, settings.simulator) == (True, False, None)
        assert settings.shared_network is bench.network
        assert settings.inbox is bench.network.inbox
        assert settings.clock is bench.network.clock
        assert settings.from_number.digits == bench.place.seat.number
        assert settings.my_number == PhoneNumber("+12065550100")
        assert settings.describe().startswith(
            f"Practice mode, in a class: texts go over the class's network at {WHERE}"
        )
        assert len(bench.wire.requests) == 1, "the class is asked once"

    def test_no_real_key_is_read_and_none_is_sent(self, bench):
        settings = Settings.load()
        settings.client().send_message(to=settings.my_number, from_=settings.from_number, body="Hello")
        held = [value.reveal() if isinstance(value, Secret) else value for value in vars(settings).values()]
        held += [repr(settings), settings.describe(), *map(repr, held)]
        sent = [
            f"{request.url} {dict(request.headers)} {request.body} {b64decode(key.removeprefix('Basic '))}"
            for request in bench.wire.requests
            for key in [request.headers["Authorization"]]
        ]
        found = [bytes.hex(value) if isinstance(value, bytes) else str(value) for value in (*held, *sent)]
        assert len(sent) == 2
        assert not [value for value in found for real in REAL_VALUES if real in value]
        assert bench.wire.keys() == {bench.network.address.authorization}

    def test_keys_of_your_own_get_401_and_stay_here(self, bench):
        client = Settings.load().client(access_key=REAL_ACCESS_KEY, secret_key=Secret(REAL_SECRET_KEY))
        with pytest.raises(Unauthorized):
            client.send_message(to="12065550100", from_=bench.place.seat.number, body="Hello")
        assert not [
            key for key in sorted(bench.wire.keys()) if b64encode(f"{REAL_ACCESS_KEY}:".encode())[:9].decode() in key
        ]

    def test_nothing_else_is_reached(self, bench):
        session = Settings.load().session()
        for url in (f"http://{WHERE}/class/me", "https://example.com/", "http://127.0.0.1:8888/"):
            with pytest.raises(ConnectionFailed, match="and to nothing else"):
                session.get(url)
        assert bench.wire.paths() == ["GET /class/me"]

    def test_a_form_has_the_classs_network_and_a_database_of_its_own(self, bench):
        settings = Settings.for_notebook("04")
        form = settings.for_form("robot")
        assert form.shared_network is bench.network
        assert form.clock is settings.clock
        assert settings.database_url.endswith("/04-class.sqlite")
        assert form.database_url.endswith("/04-class-robot.sqlite")
        form.accounts().register("ana", "correct horse battery staple")
        settings.for_form("robot").accounts().register("ana", "correct horse battery staple")  # it was emptied

    def test_practice_is_in_this_process_and_asks_nobody(self, bench):
        practice = Settings.for_notebook("07").for_practice()
        bench.wire.requests.clear()
        assert practice.shared_network is None
        assert practice.for_form().simulator is not None
        practice.client().send_message(to=practice.my_number, from_=practice.from_number, body="Hello")
        practice.wait_for_text()
        assert practice.clock.now() == LESSON_START + timedelta(seconds=2)
        assert practice.describe().startswith("Practice mode: no account")
        assert bench.wire.requests == []

    def test_a_class_that_is_away_stops_nobody_from_starting(self, bench):
        bench.wire.cut = requests.ConnectionError()
        settings = Settings.for_notebook("02")
        assert f"{WHERE} does not answer" in settings.describe()
        assert settings.for_practice().client().send_message(to="12065550100", from_="12065550199", body="Hello")

    def test_a_text_is_waited_for_and_its_code_read(self, bench):
        settings = Settings.for_notebook("03")
        body = "Your code is 482915.\n\n@bank.example #482915"
        settings.client().send_message(to=settings.my_number, from_=settings.from_number, body=body)
        settings.wait_for_text()
        assert bench.pauses == [pytest.approx(1.52)]
        assert settings.code_from_phone() == "482915"

    def test_a_sign_in_is_told_to_the_board_once_it_is_committed(self, bench):
        settings = Settings.for_notebook("04")
        verifier = settings.verifier()
        about = {"account": "ana", "purpose": "sign-in"}
        sent = verifier.start(settings.my_number, client="198.51.100.7", **about)
        settings.wait_for_text()
        bench.run_threads()
        assert bench.place.verified == 0
        verifier.check(sent.id, settings.code_from_phone(), **about)
        assert verifier.get(sent.id, **about).status == "approved"
        bench.run_threads()
        assert bench.place.verified == 1

    def test_the_environment_wins(self, bench, env, monkeypatch):
        elsewhere = []
        monkeypatch.setattr(module, "connect", lambda address: elsewhere.append(address) or bench.network)
        monkeypatch.setenv("FLOWROUTE_SIMULATOR_URL", bench.address_line.replace(WHERE, "192.0.2.8:8025"))
        Settings.load()
        monkeypatch.setenv("FLOWROUTE_SIMULATOR_URL", "")
        assert Settings.load().simulator is not None
        assert [address.where for address in elsewhere] == ["192.0.2.8:8025"]

    def test_the_current_class_is_known_without_a_question(self, bench, env):
        assert current_class() is bench.network
        assert bench.wire.requests == []
        env.write_text(f"FLOWROUTE_MODE=live\n{env.read_text()}")
        assert current_class() is None

    @pytest.mark.parametrize("text", ["", "FLOWROUTE_SIMULATOR_URL=http://192.0.2.7/\n", "not a line\n"])
    def test_no_class_and_none_that_makes_sense_are_none(self, env, text):
        env.write_text(text)
        assert current_class() is None

    def test_what_is_no_class_address_is_said_by_the_variables_name(self, env):
        env.write_text("FLOWROUTE_SIMULATOR_URL=http://192.0.2.7:8025/\n")
        with pytest.raises(SettingsError, match="FLOWROUTE_SIMULATOR_URL: This is no class address"):
            Settings.load()

    def test_live_and_a_class_exclude_each_other(self, bench, env):
        env.write_text(f"{env.read_text()}FLOWROUTE_MODE=live\n")
        with pytest.raises(SettingsError, match=r"Delete the line FLOWROUTE_SIMULATOR_URL from \.env"):
            Settings.load()
        assert bench.wire.requests == []

    def test_a_class_posts_nothing_to_this_machine(self, bench):
        with pytest.raises(SettingsError, match=r"Use settings\.for_practice\(\)"):
            Settings.load().post_callbacks_to(lambda environ, start: [], "/flowroute/")


def test_live_waits_for_no_text(live):
    live().wait_for_text()


class TestRemoving:
    def test_one_variable_goes_and_all_else_stays(self, env):
        text = "# mine\nCOFFEE='strong'\n\n# the class\n{}FLOWROUTE_MODE=practice # yes\n{}"
        env.write_text(text.format("CLASS='http://x'\n", "export CLASS=again\n"))
        assert remove_from_env("CLASS") == env
        assert env.read_text() == text.format("", "")
        assert mode_of(env) == 0o600

    @pytest.mark.parametrize("text", [None, "CLASSES=1\n# CLASS=2\n"])
    def test_where_it_does_not_stand_nothing_changes(self, env, text):
        if text is not None:
            env.write_text(text)
            env.chmod(0o640)
        assert remove_from_env("CLASS") == env
        assert (env.read_text() if env.exists() else None) == text
        assert text is None or mode_of(env) == 0o640

    def test_a_file_that_cannot_be_written_stays(self, env, monkeypatch):
        env.write_text("CLASS=1\n")
        monkeypatch.setattr(Path, "replace", lambda *_: (_ for _ in ()).throw(PermissionError(13, "Permission denied")))
        with pytest.raises(SettingsError, match="cannot be written: Permission denied"):
            remove_from_env("CLASS")
        assert env.read_text() == "CLASS=1\n"
        assert [path.name for path in env.parent.iterdir() if path.is_file()] == [".env"]
