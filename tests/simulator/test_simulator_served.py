"""``python -m helpers.simulator``, as a process of its own, over real HTTP."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import requests

from helpers.simulator.__main__ import main

KEYS = ("87654321", "s3cret")
FIELDS = {"to": "12065550100", "from": "12065550120", "body": "Hello"}

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX's")


@contextmanager
def served(*options: str) -> Iterator[tuple[str, list[str], subprocess.Popen[str]]]:
    """The base URL, the printed lines and the process. Waits for its last line of greeting, and for its end."""
    command = [sys.executable, "-m", "helpers.simulator", "--port", "0", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            lines: list[str] = []
            for line in process.stdout:
                lines.append(line.rstrip())
                if "Ctrl-C" in line:
                    break
            url = re.search(r"http://\S+", lines[0])
            assert url is not None, lines
            yield url[0], lines, process
        finally:
            if process.poll() is None:
                process.kill()


@pytest.fixture
def session() -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.trust_env = False
        session.auth = KEYS
        yield session


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
def test_it_serves_and_ends_cleanly(session: requests.Session, stop: signal.Signals) -> None:
    options = ("--access-key", KEYS[0], "--secret-key", KEYS[1], "--number", "12065550120", "--number", "+12065550121")
    with served(*options) as (url, lines, process):
        assert re.fullmatch(r"http://127\.0\.0\.1:[1-9]\d+", url)
        assert "12065550120, 12065550121" in lines[1]
        assert any('curl -u "$ACCESS_KEY:$SECRET_KEY"' in line for line in lines)
        assert KEYS[1] not in "\n".join(lines)

        sent = session.post(f"{url}/v2.1/messages", json=FIELDS)
        assert (sent.status_code, sent.reason) == (202, "Accepted")
        link = sent.json()["data"]["links"]["self"]
        assert link.startswith(f"{url}/v2.1/messages/mdr2-")
        assert session.get(link).json()["data"]["attributes"]["body"] == "Hello"
        page = session.get(f"{url}/v2.1/messages", params={"start_date": "2020-01-01", "limit": "1"})
        assert len(page.json()["data"]) == 1

        assert session.post(f"{url}/v2.1/messages", json=FIELDS, auth=("a", "b")).status_code == 401
        refused = session.post(f"{url}/v2.1/messages", data=b"x" * 1_100_000)
        assert (refused.status_code, refused.json()["errors"][0]["status"]) == (413, 413)
        assert session.get(f"{url}/nowhere").json()["errors"][0]["status"] == 404

        process.send_signal(stop)
        _, errors = process.communicate(timeout=30)
        assert (process.returncode, errors) == (0, "")


def test_its_options_reach_the_network(session: requests.Session) -> None:
    options = ["--access-key", KEYS[0], "--secret-key", KEYS[1], "--number", "12065550120"]
    options += ["--rate-limit", "off", "--record-delay", "3600", "--legacy-500", "--receipts", "instant"]
    with served(*options) as (url, _, _):
        assert {session.post(f"{url}/v2/messages", json=FIELDS).status_code for _ in range(12)} == {200}
        assert session.post(f"{url}/v2/messages", json={**FIELDS, "to": "x"}).status_code == 500
        message_id = session.post(f"{url}/v2/messages", json=FIELDS).json()["data"]["id"]
        assert session.get(f"{url}/v2/messages/{message_id}").status_code == 404


def test_a_port_in_use_is_one_clear_line() -> None:
    with served() as (url, lines, _):
        assert any("ACCESS_KEY=12345678" in line for line in lines)
        command = [sys.executable, "-m", "helpers.simulator", "--port", url.rpartition(":")[2]]
        second = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert second.returncode == 2
    assert second.stdout == ""
    line = r"python -m helpers\.simulator: cannot listen on .+: .+\. Try another --port, or 0\.\n"
    assert re.fullmatch(line, second.stderr)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--port", "99999"], "from 0 to 65535"),
        (["--port", "x"], "from 0 to 65535"),
        (["--number", "206"], "11 digits"),
        (["--record-delay", "-1"], "from 0 to"),
        (["--record-delay", "soon"], "soon"),
        (["--rate-limit", "maybe"], "on"),
        (["--receipts", "sometimes"], "manual"),
        (["--webhook-format", "v3"], "v2.1"),
        (["--callback-answers", "mild"], "lenient"),
        (["--callbacks-to", "nowhere"], "loopback"),
        (["--history", "0"], "from 1 to"),
        (["--history", "many"], "from 1 to"),
        (["--account", "only-a-key"], "ACCESS:SECRET:NUMBER"),
        (["--account", "key:secret"], "ACCESS:SECRET:NUMBER"),
        (["--account", "key::12065550120"], "ACCESS:SECRET:NUMBER"),
        (["--account", "key:secret:12"], "11 digits"),
        (["--account", "key:secret:12065550199"], "own the same number"),
        (["--account", "12345678:secret:12065550120"], "same access key"),
        (["--allow-host", "http://x"], "as the browser shows it"),
        (["--ca-file", "ca.pem"], "--tls"),
        (["--access-key", ""], "keys"),
        (["--host", "nowhere"], "127.0.0.1"),
        (["--host", "0.0.0.0"], "--allow-network"),  # noqa: S104  # refused
        (["--surprise"], "--surprise"),
    ],
)
def test_bad_arguments_are_one_clear_line(capsys: pytest.CaptureFixture[str], arguments: list[str], words: str) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    line = capsys.readouterr().err
    assert line.count("\n") == 1
    assert line.startswith("python -m helpers.simulator: ")
    assert words in line


def test_bad_accounts_are_refused_without_their_secret(capsys: pytest.CaptureFixture[str]) -> None:
    for account in ("key:s3cret:", "key:s3cret:12", "key:s3cret:12065550199"):
        with pytest.raises(SystemExit):
            main(["--account", account])
    assert "s3cret" not in "".join(capsys.readouterr())


def test_an_account_for_each_learner(session: requests.Session) -> None:
    options = ("--account", "ana:with:colons:12065550121,12065550122", "--account", "ben:b:12065550123")
    with served(*options) as (url, lines, _):
        assert lines[1] == "Numbers you own: 12065550199, 12065550121, 12065550122, 12065550123 (in 3 accounts)"
        fields = {**FIELDS, "from": "12065550122"}
        for keys, status in ((("ana", "with:colons"), 202), (("ben", "b"), 403), (("ben", "with:colons"), 401)):
            assert session.post(f"{url}/v2.1/messages", json=fields, auth=keys).status_code == status


def test_the_new_options_reach_the_network(session: requests.Session) -> None:
    options = ["--frozen", "--webhook-format", "v2", "--callback-answers", "lenient", "--history", "7"]
    with served(*options, "--receipts", "manual", "--allow-host", "Class.local:1") as (url, lines, _):
        assert any(line.endswith(f"{url}/") for line in lines)
        state = session.get(f"{url}/_simulator/state", headers={"Host": "class.local:1"}).json()
        assert session.get(f"{url}/_simulator/state", headers={"Host": "elsewhere"}).status_code == 403
    assert state["clock"]["running"] is False
    settings = state["settings"]
    wanted = {"receipts": "manual", "webhook_format": "v2", "strict_callbacks": False, "history": 7}
    assert {name: settings[name] for name in wanted} == wanted


def test_it_ends_cleanly_while_a_page_listens_and_somebody_waits(session: requests.Session) -> None:
    with served() as (url, _, process):
        session.post(f"{url}/_simulator/faults", json={"kind": "no-answer", "times": 1})
        with session.get(f"{url}/_simulator/events", stream=True) as events:
            assert next(events.iter_lines())
            with pytest.raises(requests.ReadTimeout):
                session.get(f"{url}/v2/messages", timeout=0.2)
            process.send_signal(signal.SIGTERM)
            output, errors = process.communicate(timeout=30)
    assert (process.returncode, output, errors) == (0, "", "")


def test_it_starts_without_what_it_does_not_need() -> None:
    code = (
        "import sys\nfrom helpers.simulator import __main__ as m\n"
        "heavy = {'trustme', 'cryptography', 'ipywidgets', 'sqlalchemy', 'IPython', 'argon2', 'waitress'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert run.stdout == "[]\n"
