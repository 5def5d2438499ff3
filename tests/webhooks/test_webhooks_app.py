"""The address that Flowroute posts to: what it answers to whom, and that its secret is in no log."""

from __future__ import annotations

import hmac
import io
import json
import logging
import os
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from webhooks_site import PHONE, Site
from werkzeug.serving import make_server

from helpers.database import DatabaseUnavailable
from helpers.secret import Secret
from helpers.settings import Settings, SettingsError
from helpers.webhooks import connect, create_app
from helpers.webhooks.redaction import Redaction, redact

ID = "mdr2-0123456789abcdef0123456789abcdef"
TEXT = {"to": "12065550199", "body": "hello", "from": "12065550100", "id": ID}
ROOT = Path(__file__).parents[2]
KEYS = {
    "FLOWROUTE_MODE": "live",
    "FLOWROUTE_ACCESS_KEY": "87654321",
    "FLOWROUTE_SECRET_KEY": "0123456789abcdef0123456789abcdef",
    "FLOWROUTE_NUMBER": "+12065550198",
    "FLOWROUTE_ALLOWED_RECIPIENTS": "+12065550100",
    "TWO_FACTOR_CODE_KEY": "ab" * 32,
}


# Who is let in


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD"])
@pytest.mark.parametrize("secret", ["x", "x" * 64, "ü" * 32, "%2e%2e", "%ff"])
def test_a_wrong_secret_is_answered_as_any_path_there_is_not(site: Site, method: str, secret: str) -> None:
    wrong = site.post(TEXT, path=f"/flowroute/{secret}", method=method)
    nowhere = site.post(TEXT, path="/nowhere/at-all", method=method)
    assert (wrong.status_code, wrong.data) == (nowhere.status_code, nowhere.data) == (404, wrong.data)
    assert dict(wrong.headers) == dict(nowhere.headers)
    assert site.callbacks.find(ID) is None


def test_all_but_the_last_letter_of_the_secret_is_wrong(site: Site) -> None:
    for path in (site.path[:-1], site.path + "0", site.path + "/", site.path.upper(), "/flowroute/", site.path + "/x"):
        assert site.post(TEXT, path=path).status_code == 404
    assert site.post(TEXT).status_code == 200


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_the_right_secret_takes_posts_alone(site: Site, method: str) -> None:
    answer = site.post(TEXT, method=method)
    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")
    assert site.callbacks.find(ID) is None


@pytest.mark.parametrize("body", [b"", b"{", b"to=1&id=mdr2", b"[]", b"{}", b"[" * 100_000])
def test_what_flowroute_would_not_post_is_refused_and_not_kept(site: Site, body: bytes) -> None:
    before = site.callbacks.recent()
    answer = site.post(body)
    assert (answer.status_code, answer.mimetype) == (400, "text/plain")
    assert "JSON object with the id of a message" in answer.text
    assert site.callbacks.recent() == before


def test_a_long_body_is_refused(site: Site) -> None:
    assert site.post(json.dumps(TEXT | {"body": "x" * 250_000}).encode()).status_code == 200
    assert site.post(json.dumps(TEXT | {"body": "x" * 262_144}).encode()).status_code == 413


# 200 means kept


def test_200_is_said_once_it_is_kept_and_before_it_is_looked_up(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    states: list[Any] = []

    def look() -> None:
        states.append(site.posted(ID).state)

    monkeypatch.setattr(site.callbacks, "catch_up", look)
    with site.app.test_client().post(site.path, json=TEXT) as answer:
        assert (answer.status_code, answer.text) == (200, "Kept.\n")
        assert (states, site.posted(ID).state) == ([], "waiting")
    assert states == ["waiting"]


def test_without_a_database_it_is_posted_again(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: str) -> None:
        raise DatabaseUnavailable("The disk is full.")

    monkeypatch.setattr(site.callbacks._store, "note", fail)
    stopped = site.text("STOP")
    assert site.network.callbacks.attempts()[-1].status == 503
    answer = site.post(TEXT)
    assert (answer.status_code, answer.text) == (503, "We can't reach our records right now. Try again in a minute.\n")
    assert site.callbacks.find(stopped) is None
    monkeypatch.undo()
    site.clock.advance(seconds=31)  # Flowroute posts again
    assert site.posted(stopped).outcome == "opted out"


@pytest.mark.parametrize("problem", [DatabaseUnavailable("gone"), ValueError("a bug"), KeyError("12065550100")])
def test_what_goes_wrong_after_the_answer_costs_nothing(
    site: Site, problem: Exception, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail() -> None:
        raise problem

    monkeypatch.setattr(site.callbacks, "catch_up", fail)
    assert site.post(TEXT).status_code == 200
    assert f"Catching up ended early: {type(problem).__name__}" in caplog.text
    monkeypatch.undo()
    assert site.callbacks.catch_up().waiting == 1


# The secret is in no log


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """All that any logger says, as text; but for the one that posts, which knows the address anyway."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.addFilter(lambda record: not record.name.startswith("urllib3"))
    root, werkzeug = logging.getLogger(), logging.getLogger("werkzeug")
    levels = root.level, werkzeug.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    werkzeug.setLevel(logging.DEBUG)
    yield written
    root.removeHandler(handler)
    root.setLevel(levels[0])
    werkzeug.setLevel(levels[1])


@pytest.fixture
def served(site: Site) -> Iterator[str]:
    """The site's address, served for real."""
    server = make_server("127.0.0.1", 0, site.app)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_the_access_log_does_not_show_it(site: Site, served: str, log: io.StringIO) -> None:
    assert requests.post(served + site.path, json=TEXT, timeout=10).status_code == 200
    assert requests.post(served + site.path + "/x?y=1", json=TEXT, timeout=10).status_code == 404
    assert '"POST /flowroute/… HTTP/1.1" 200' in log.getvalue()
    assert site.path.rpartition("/")[2] not in log.getvalue()


def test_neither_does_a_traceback(site: Site, served: str, log: io.StringIO, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: str) -> None:
        raise RuntimeError(f"at {site.path} with %s")

    monkeypatch.setattr(site.callbacks, "note", fail)
    assert requests.post(served + site.path, json=TEXT, timeout=10).status_code == 500
    assert "Exception on /flowroute/… [POST]" in log.getvalue()
    assert "RuntimeError: at /flowroute/… with %s" in log.getvalue()
    assert site.path.rpartition("/")[2] not in log.getvalue()


def test_a_text_is_in_no_log_either(site: Site, served: str, log: io.StringIO) -> None:
    requests.post(served + site.path, json=TEXT | {"body": "482913"}, timeout=10)
    requests.post(served + site.path, data=b'{"body": "482913', timeout=10)
    assert "482913" not in log.getvalue()
    assert "12065550100" not in log.getvalue()


def test_a_traceback_that_was_written_before_is_cut_too() -> None:
    record = logging.LogRecord("x", logging.ERROR, "", 0, "at %s", ("secret",), None)
    record.exc_text = "a secret in a traceback"
    assert Redaction(Secret("secret")).filter(record)
    assert (record.getMessage(), record.exc_text) == ("at …", "a … in a traceback")


def test_the_same_secret_is_watched_for_once(site: Site) -> None:
    logger = logging.getLogger("werkzeug")
    before = len(logger.filters)
    create_app(site.settings, callbacks=site.callbacks)
    assert len(logger.filters) == before
    redact(Secret("another"), "werkzeug")
    assert len(logger.filters) == before + 1
    logger.removeFilter(logger.filters[-1])


def test_no_repr_and_no_request_view_shows_it(site: Site) -> None:
    secret = site.path.rpartition("/")[2]
    client = site.settings.client()
    client.set_callback("sms_callback", f"https://bank.example{site.path}")
    assert client.last_exchange is not None
    assert client.last_exchange.status == 204
    assert '"callback_url": "https://bank.example/••••••••"' in client.last_exchange.request_body
    for thing in (site.app, site.callbacks, site.settings, client.last_exchange, site.app.extensions, site.app.url_map):
        assert secret not in f"{thing!r}{thing}"


def test_a_callback_that_is_not_set_hides_its_url_too(site: Site) -> None:
    client = site.settings.client(secret_key=Secret("wrong"))
    with pytest.raises(Exception, match="401"):
        client.set_callback("sms_callback", f"https://bank.example{site.path}")
    assert site.path not in str(client.last_exchange)


# Settings, and the command line


def test_the_practice_secret_is_made_from_the_practice_key(site: Site) -> None:
    secret = site.settings.require_webhook_secret()
    assert re.fullmatch(r"[0-9a-f]{64}", secret.reveal())
    assert secret == Settings.load().require_webhook_secret()
    assert secret.reveal() != site.settings.code_key.reveal().hex()


@pytest.fixture
def live(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Settings]:
    monkeypatch.setenv("TWO_FACTOR_ENV_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("TWO_FACTOR_COURSE_DIR", str(tmp_path))

    def load(**more: str) -> Settings:
        for name, value in {**KEYS, **more}.items():
            monkeypatch.setenv(name, value)
        return Settings.load()

    return load


@pytest.mark.parametrize("more", [{}, {"TWO_FACTOR_WEBHOOK_SECRET": " "}])
def test_live_needs_a_secret_only_to_listen(live: Callable[..., Settings], more: dict[str, str]) -> None:
    settings = live(**more)
    assert settings.webhook_secret is None
    for make in (create_app, lambda: create_app(settings)):
        with pytest.raises(SettingsError, match=r"TWO_FACTOR_WEBHOOK_SECRET in .env.*token_urlsafe\(32\)"):
            make()


@pytest.mark.parametrize("text", ["x" * 31, "x" * 201, "x" * 31 + "/", "x" * 16 + " " + "x" * 16, "ü" * 32])
def test_a_secret_that_is_short_or_no_part_of_a_path_is_refused(live: Callable[..., Settings], text: str) -> None:
    with pytest.raises(SettingsError, match="TWO_FACTOR_WEBHOOK_SECRET takes 32 or more") as error:
        live(TWO_FACTOR_WEBHOOK_SECRET=text)
    assert text not in str(error.value)


def test_live_listens_and_leaves_the_account_alone(live: Callable[..., Settings]) -> None:
    settings = live(TWO_FACTOR_WEBHOOK_SECRET="s" * 32)
    app = create_app(settings)
    assert "s" * 32 not in repr(settings)
    with app.test_client().get("/flowroute/" + "s" * 32) as answer:
        assert answer.status_code == 405
    with pytest.raises(SettingsError, match="Set the callbacks yourself"):
        connect(app, settings)
    app.extensions["callbacks"]._engine.dispose()


def test_catch_up_on_the_command_line(site: Site) -> None:
    site.network.record_delay_seconds = 10
    help_id = site.text("HELP")
    assert site.posted(help_id).state == "waiting"
    run = site.app.test_cli_runner().invoke(args=["catch-up"])
    assert run.output == "0 done, 1 waiting, 0 unknown, 0 not ours.\n"
    site.clock.advance(seconds=11)
    assert site.app.test_cli_runner().invoke(args=["catch-up"]).output.startswith("1 done, 0 waiting")
    assert site.answers(PHONE) == 1


def test_flask_serves_it(tmp_path: Path) -> None:
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("FLOWROUTE", "TWO_FACTOR"))
    }
    environment |= {"TWO_FACTOR_COURSE_DIR": str(tmp_path), "TWO_FACTOR_ENV_FILE": str(tmp_path / "none")}
    command = [sys.executable, "-m", "flask", "--app", "helpers.webhooks"]
    with subprocess.Popen(
        [*command, "run", "--port", "0"],
        cwd=ROOT,
        env=environment,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    ) as server:
        try:
            assert server.stdout is not None
            said = ""
            while (found := re.search(r"http://127.0.0.1:\d+", said)) is None:
                line = server.stdout.readline()
                assert line, said
                said += line
            key = bytes.fromhex((tmp_path / "practice-code-key").read_text())
            secret = practice_secret(key)
            assert requests.post(f"{found[0]}/flowroute/{secret}", json=TEXT, timeout=10).status_code == 200
            assert requests.post(f"{found[0]}/flowroute/{secret[:-1]}", json=TEXT, timeout=10).status_code == 404
        finally:
            server.terminate()
            said += server.communicate(timeout=10)[0]
    assert "POST /flowroute/… HTTP" in said
    assert secret not in said


def practice_secret(key: bytes) -> str:
    return hmac.digest(key, b"webhook secret", "sha256").hex()
