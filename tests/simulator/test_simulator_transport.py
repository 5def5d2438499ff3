"""The adapter, on a WSGI app that tells what it got."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import requests

from helpers.simulator import SimulatorAdapter


class Body:
    """A WSGI body that knows whether it was closed."""

    def __init__(self, *chunks: bytes) -> None:
        self.chunks = chunks
        self.closed = False

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.chunks)

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def seen() -> list[dict[str, Any]]:
    return []


@pytest.fixture
def body() -> Body:
    return Body(b"one ", b"two")


@pytest.fixture
def session(seen: list[dict[str, Any]], body: Body) -> Iterator[requests.Session]:
    def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Body:
        seen.append({**environ, "body": environ["wsgi.input"].read()})
        start_response(
            "299 Quite Fine",
            [("Content-Type", "text/plain; charset=utf-8"), ("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")],
        )
        return body

    with requests.Session() as session:
        session.trust_env = False
        session.mount("https://", SimulatorAdapter(app))
        yield session


URL = "https://api.flowroute.com/v2/messages"


def test_the_answer_is_a_whole_response(session: requests.Session, body: Body) -> None:
    answer = session.get(URL)
    assert (answer.status_code, answer.reason, answer.text) == (299, "Quite Fine", "one two")
    assert answer.encoding == "utf-8"
    assert answer.url == URL
    assert answer.request.method == "GET"
    assert timedelta(0) < answer.elapsed < timedelta(seconds=5)
    assert answer.headers["Set-Cookie"] == "a=1, b=2"
    assert answer.cookies.get_dict() == session.cookies.get_dict() == {"a": "1", "b": "2"}
    assert body.closed


def test_the_answer_can_be_streamed(session: requests.Session) -> None:
    with session.get(URL, stream=True) as answer:
        assert answer.raw.read(3) == b"one"
        assert b"".join(answer.iter_content(2)) == b" two"


def test_the_request_arrives_as_a_server_would_pass_it_on(
    session: requests.Session, seen: list[dict[str, Any]]
) -> None:
    session.post(
        "https://user:pw@api.flowroute.com/v2/mess%20ages/%C3%A9%252e?start=a%3Ab&x=%2B+c",
        data=b"{}",
        headers={"Content-Type": "application/json", "X-Bytes": b"b", "Accept": "x/y"},
    )
    (environ,) = seen
    assert environ["REQUEST_METHOD"] == "POST"
    assert environ["PATH_INFO"] == "/v2/mess ages/\xc3\xa9%2e"
    assert environ["QUERY_STRING"] == "start=a%3Ab&x=%2B+c"
    assert (environ["CONTENT_TYPE"], environ["CONTENT_LENGTH"], environ["body"]) == ("application/json", "2", b"{}")
    assert (environ["HTTP_X_BYTES"], environ["HTTP_ACCEPT"]) == ("b", "x/y")
    assert environ["HTTP_HOST"] == environ["SERVER_NAME"] == "api.flowroute.com"
    assert (environ["SERVER_PORT"], environ["wsgi.url_scheme"]) == ("443", "https")
    assert environ["HTTP_AUTHORIZATION"].startswith("Basic ")
    assert "HTTP_CONTENT_TYPE" not in environ


@pytest.mark.parametrize(
    ("data", "arrives"),
    [
        (None, b""),
        (b"bytes", b"bytes"),
        ("téxt", "téxt".encode()),
        (io.BytesIO(b"file"), b"file"),
        (iter([b"gen", b"erator"]), b"generator"),
        (iter(["te", "xt"]), b"text"),
        ({"form": "1"}, b"form=1"),
    ],
    ids=["none", "bytes", "text", "file", "generator", "text generator", "form"],
)
def test_every_kind_of_body(session: requests.Session, seen: list[dict[str, Any]], data: Any, arrives: bytes) -> None:
    session.post(URL, data=data, timeout=3)
    assert seen[0]["body"] == arrives
    assert seen[0].get("CONTENT_LENGTH", "0") == str(len(arrives))
    assert "HTTP_TRANSFER_ENCODING" not in seen[0]


def test_importing_the_simulator_does_not_import_ipywidgets() -> None:
    code = "import sys, json, helpers.simulator; print(json.dumps(sorted(sys.modules)))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    modules = json.loads(run.stdout)
    assert "flask" in modules
    assert not {"ipywidgets", "IPython", "waitress"} & set(modules)
