"""The request as a curl command: its words, and whether it does what the request did."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from helpers.display.request_view import MASKED_NOTE, curl_command, request_view
from helpers.flowroute import FlowrouteClient
from helpers.secret import Secret

KEYS = ("87654321", "s3cret $(echo gone) 'x'")
OURS = "12065550120"
TEXT = 'Grüße! It\'s "fine": $HOME `id` \\ %s @x\nsecond line'
API = "https://api.flowroute.com"
JSON_API = "application/vnd.api+json"


def exchange(method: str = "POST", path: str = "/v2.2/messages", body: str = "{}", **headers: str) -> dict[str, Any]:
    named = headers or {"Authorization": "Basic ••••••••", "Accept": JSON_API, "Content-Type": JSON_API}
    return {
        "method": method,
        "url": f"{API}{path}",
        "request_headers": named,
        "request_body": body,
        "status": 202,
        "reason": "Accepted",
        "response_headers": {},
        "response_body": "",
        "elapsed_ms": 1.0,
        "error": None,
    }


def test_a_post_in_full() -> None:
    assert curl_command(exchange(body='{"body":"It\'s here"}')) == (
        "curl https://api.flowroute.com/v2.2/messages \\\n"
        "  --request POST \\\n"
        '  --user "$FLOWROUTE_ACCESS_KEY:$FLOWROUTE_SECRET_KEY" \\\n'
        "  --header 'Accept: application/vnd.api+json' \\\n"
        "  --header 'Content-Type: application/vnd.api+json' \\\n"
        """  --data-raw '{"body":"It'"'"'s here"}'"""
    )


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
def test_each_method_is_named(method: str) -> None:
    assert f"--request {method}" in curl_command(exchange(method))


def test_a_request_without_a_body_has_no_data_and_no_content_type() -> None:
    command = curl_command(exchange("GET", "/v2.2/messages?start_date=2026-03-02T00:00:00.00Z&limit=1", ""))
    assert "'https://api.flowroute.com/v2.2/messages?start_date=2026-03-02T00:00:00.00Z&limit=1'" in command
    assert "--data" not in command
    assert "Content-Type" not in command


def test_a_body_without_a_content_type_is_not_called_a_form() -> None:
    assert "  --header Content-Type: \\\n" in curl_command(exchange(body="x", accept="*/*"))


def test_a_request_without_credentials_gets_none() -> None:
    assert "--user" not in curl_command(exchange(accept="*/*"))
    assert "--user" not in curl_command(exchange(authorization="Bearer ••••••••"))


def test_head_waits_for_no_body() -> None:
    command = curl_command(exchange("HEAD", body=""))
    assert "--head" in command
    assert "--request" not in command


@pytest.mark.parametrize(
    ("path", "body"), [("/v2/numbers/••••••••00", ""), ("/v2.2/messages", '{"to": "••••••••00", "body": "••••••••"}')]
)
def test_what_is_masked_is_said_in_the_first_line(path: str, body: str) -> None:
    assert curl_command(exchange(path=path, body=body)).splitlines()[0] == MASKED_NOTE
    assert MASKED_NOTE.startswith("# ")
    assert not curl_command(exchange()).startswith("#")


@pytest.mark.parametrize(
    "text", ["$(touch gone)", "`touch gone`", "'; touch gone; '", "--config\n/etc/passwd", "@/etc/passwd"]
)
def test_a_shell_reads_every_part_as_one_word(text: str) -> None:
    words = shlex.split(curl_command(exchange(body=text, path=f"/{text}", accept=text)))
    assert words[:2] == ["curl", f"{API}/{text}"]
    assert words[words.index("--data-raw") + 1] == text
    assert f"Accept: {text}" in words


def test_the_view_carries_it() -> None:
    assert request_view(exchange())["curl"] == curl_command(exchange())


@pytest.fixture
def simulator() -> Iterator[str]:
    """The address of a served simulator."""
    options = ["--access-key", KEYS[0], "--secret-key", KEYS[1], "--number", OURS, "--rate-limit", "off"]
    command = [sys.executable, "-m", "helpers.simulator", "--port", "0", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        try:
            assert process.stdout is not None
            url = re.search(r"http://\S+", process.stdout.readline())
            assert url is not None
            yield url[0]
        finally:
            process.kill()


def run(command: str, simulator: str) -> tuple[int, str]:
    """Run what was copied, against the simulator in Flowroute's place: the status and the body of the answer."""
    if shutil.which("curl") is None:
        if os.environ.get("CI"):
            pytest.fail("Not installed: curl.")
        pytest.skip("Not installed: curl. Install it to run this test.")
    keys = {"FLOWROUTE_ACCESS_KEY": KEYS[0], "FLOWROUTE_SECRET_KEY": KEYS[1], "PATH": os.environ["PATH"]}
    there = f"{command.replace(API, simulator)} --silent --noproxy '*' --write-out '\n%{{http_code}}'"
    ended = subprocess.run(["sh", "-c", there], env=keys, capture_output=True, text=True, timeout=30, check=True)
    body, _, status = ended.stdout.rpartition("\n")
    return int(status), body


def a_client() -> FlowrouteClient:
    """A client that shows what it sends, as in practice mode."""
    session = requests.Session()
    session.trust_env = False
    return FlowrouteClient(access_key=KEYS[0], secret_key=Secret(KEYS[1]), session=session, mask_bodies=False)


@pytest.mark.skipif(sys.platform == "win32", reason="the command is for a POSIX shell")
def test_it_does_what_the_request_did(simulator: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("helpers.flowroute.client.BASE_URL", simulator)
    client = a_client()
    client.send_message(to="12065550100", from_=OURS, body=TEXT)
    assert client.last_exchange is not None
    status, answer = run(curl_command(client.last_exchange.as_dict()), simulator)
    assert status == 202
    sent = json.loads(answer)["data"]["id"]

    assert client.get_message(sent).body == TEXT
    status, answer = run(curl_command(client.last_exchange.as_dict()), simulator)
    assert (status, json.loads(answer)["data"]["attributes"]["body"]) == (200, TEXT)


@pytest.mark.skipif(sys.platform == "win32", reason="the command is for a POSIX shell")
def test_queries_other_methods_and_other_keys(simulator: str) -> None:
    put = exchange("PUT", "/v2.2/messages/sms_callback", '{"callback_url": "https://bank.example/x"}')
    assert run(curl_command(put), simulator)[0] == 204
    listed = exchange("GET", "/v2.2/messages?start_date=2026-03-02T00%3A00%3A00.00Z&limit=1&offset=0", "")
    status, answer = run(curl_command(listed), simulator)
    assert (status, json.loads(answer)["data"]) == (200, [])
    status, answer = run(curl_command(exchange("GET", "/v2.2/messages/{a,b}[1-3]", "")), simulator)
    assert (status, list(json.loads(answer))) == (404, ["errors"])  # one answer, not one for each of six addresses
    assert run(curl_command(exchange("DELETE", "/v2.2/messages", "")), simulator)[0] == 405
    assert run(curl_command(exchange("PATCH", "/v2.2/messages", "[]")), simulator)[0] == 405
    assert run(curl_command(exchange("GET", "/v2.2/messages/mdr2-1", "", accept=JSON_API)), simulator)[0] == 401
