"""TLS, and the tunnel for clients whose host is fixed: a certificate for one run, and no way to anywhere else."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import shutil
import socket
import ssl
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from helpers.simulator import SimulatedNetwork
from helpers.simulator.__main__ import main
from helpers.simulator.faults import Fault
from helpers.simulator.server import Running, serve
from helpers.simulator.server.tls import ThrowawayAuthority, environment

KEYS = ("12345678", "practice-secret")
FIELDS = {"to": "12065550100", "from": "12065550199", "body": "Hello"}
SEND = "https://api.flowroute.com/v2.1/messages"


@pytest.fixture(autouse=True)
def no_proxy_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.setenv(name, "*")


@pytest.fixture
def server(network: SimulatedNetwork) -> Iterator[Running]:
    with serve(network, tls=True) as running:
        yield running


@pytest.fixture
def session(server: Running) -> Iterator[requests.Session]:
    """A client that knows the proxy and the certificate, as from its environment."""
    with requests.Session() as session:
        session.trust_env = False
        session.auth = KEYS
        session.proxies = {"https": str(server.proxy_url)}
        session.verify = str(server.ca_file)
        yield session


def first_answer(server: Running, request: bytes) -> tuple[bytes, bytes]:
    with socket.create_connection((server.host, server.port), timeout=20) as line:
        line.sendall(request)
        head, _, content = drained(line).partition(b"\r\n\r\n")
    return head, content


def drained(line: socket.socket) -> bytes:
    """All that comes until the connection ends, in whatever way."""
    data = b""
    with contextlib.suppress(ConnectionError):
        while more := line.recv(65536):
            data += more
    return data


def test_a_client_whose_host_is_fixed_gets_here_by_the_tunnel(
    session: requests.Session, network: SimulatedNetwork
) -> None:
    sent = session.post(SEND, json=FIELDS)
    assert sent.status_code == 202
    link = sent.json()["data"]["links"]["self"]
    assert link.startswith(f"{SEND}/mdr2-")
    assert session.get(link).json()["data"]["attributes"]["body"] == "Hello"
    assert len(network.messages()) == 1


def test_one_port_speaks_plain_http_and_tls(server: Running) -> None:
    for url in (server.url, f"https://127.0.0.1:{server.port}", f"https://localhost:{server.port}"):
        answer = requests.post(f"{url}/v2.1/messages", json=FIELDS, auth=KEYS, verify=str(server.ca_file), timeout=20)
        assert answer.json()["data"]["links"]["self"].startswith(f"{url}/v2.1/")


def test_the_page_is_there_over_tls_too(server: Running, session: requests.Session) -> None:
    assert session.get("https://api.flowroute.com/").status_code == 200
    answer = requests.get(f"https://localhost:{server.port}/", verify=str(server.ca_file), timeout=20)
    assert answer.status_code == 200


def test_who_was_not_given_the_certificate_does_not_trust_it(server: Running) -> None:
    with pytest.raises(requests.exceptions.SSLError):
        requests.get(f"https://localhost:{server.port}/", timeout=20)
    context = ssl.create_default_context(cafile=str(server.ca_file))
    with (
        socket.create_connection((server.host, server.port), timeout=20) as line,
        pytest.raises(ssl.SSLCertVerificationError),
    ):
        context.wrap_socket(line, server_hostname="example.com")


@pytest.mark.parametrize(
    "target",
    [
        "example.com:443",
        "api.flowroute.com:80",
        "api.flowroute.com",
        "127.0.0.1:443",
        "api.flowroute.com:443.example.com:443",
        "/",
        "http://api.flowroute.com:443",
    ],
)
def test_the_tunnel_leads_nowhere_else(server: Running, target: str) -> None:
    head, content = first_answer(server, f"CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n\r\n".encode())
    assert head.startswith(b"HTTP/1.1 403 Forbidden\r\n")
    assert json.loads(content)["errors"][0]["status"] == 403


def test_a_tunnel_inside_tls_is_refused(server: Running) -> None:
    context = ssl.create_default_context(cafile=str(server.ca_file))
    client = http.client.HTTPSConnection("localhost", server.port, context=context, timeout=20)
    client.request("CONNECT", "api.flowroute.com:443")
    assert client.getresponse().status == 403
    client.close()


def test_a_tunnel_must_speak_tls(server: Running) -> None:
    with socket.create_connection((server.host, server.port), timeout=20) as line:
        line.sendall(b"CONNECT API.flowroute.com:443 HTTP/1.0\r\n\r\n")
        assert line.recv(65536) == b"HTTP/1.1 200 Connection established\r\n\r\n"
        line.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert drained(line) == b""


def test_a_handshake_that_fails_is_quiet(
    server: Running, session: requests.Session, caplog: pytest.LogCaptureFixture
) -> None:
    with socket.create_connection((server.host, server.port), timeout=20) as line:
        line.sendall(b"\x16\x03\x01\x00\x05hello" + b"x" * 100)
        drained(line)
    assert session.post(SEND, json=FIELDS).status_code == 202
    server.stop()  # every thread has said what it had to say
    assert caplog.records == []


def test_faults_on_the_socket_go_through_tls(session: requests.Session, network: SimulatedNetwork) -> None:
    network.faults.add(Fault("reset-after"))
    with pytest.raises(requests.ConnectionError):
        session.post(SEND, json=FIELDS)
    network.faults.add(Fault("truncated"))
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        session.post(SEND, json=FIELDS)
    network.faults.add(Fault("no-answer"))
    with pytest.raises(requests.ReadTimeout):
        session.post(SEND, json=FIELDS, timeout=0.3)
    assert session.post(SEND, json=FIELDS).status_code == 202
    assert len(network.messages()) == 3


def test_a_reset_under_tls_is_a_reset_and_no_orderly_end(server: Running, network: SimulatedNetwork) -> None:
    """Seen below Python's ssl module, which takes either for an end."""
    network.faults.add(Fault("reset-before"))
    context = ssl.create_default_context(cafile=str(server.ca_file))
    with (
        socket.create_connection((server.host, server.port), timeout=20) as line,
        context.wrap_socket(line, server_hostname="localhost") as secret,
    ):
        secret.sendall(b"GET /v2/messages HTTP/1.1\r\nHost: x\r\n\r\n")
        with pytest.raises(ConnectionResetError):
            read_below_tls(secret)


def read_below_tls(line: ssl.SSLSocket) -> None:
    while socket.socket.recv(line, 65536):
        pass


@pytest.mark.skipif(sys.platform == "win32", reason="file modes are POSIX's")
def test_the_certificate_is_private_and_gone_at_the_end(network: SimulatedNetwork) -> None:
    with serve(network, tls=True) as server:
        assert server.ca_file is not None
        folder = server.ca_file.parent
        assert stat.S_IMODE(server.ca_file.stat().st_mode) == 0o600
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert "PRIVATE" not in server.ca_file.read_text("ascii")
    assert not folder.exists()
    assert server.proxy_url == server.url


def test_a_file_that_is_there_is_never_written_over(
    tmp_path: Path, network: SimulatedNetwork, capsys: pytest.CaptureFixture[str]
) -> None:
    mine = tmp_path / "ca.pem"
    mine.write_text("all the authorities of this machine")
    with pytest.raises(FileExistsError):
        serve(network, tls=True, ca_file=mine)
    for file, words in ((mine, "is there already"), (tmp_path / "nowhere" / "ca.pem", "cannot write")):
        with pytest.raises(SystemExit):
            main(["--port", "0", "--tls", "--ca-file", str(file)])
        assert words in capsys.readouterr().err
    assert mine.read_text() == "all the authorities of this machine"

    other = tmp_path / "other.pem"
    authority = ThrowawayAuthority(ca_file=other)
    assert other.read_text("ascii").startswith("-----BEGIN CERTIFICATE-----")
    authority.close()
    assert list(tmp_path.iterdir()) == [mine]


def test_without_tls_there_is_no_proxy_and_no_certificate(network: SimulatedNetwork) -> None:
    with serve(network) as server:
        assert (server.proxy_url, server.ca_file) == (None, None)


def test_curl_with_nothing_but_its_environment(server: Running, network: SimulatedNetwork) -> None:
    curl = shutil.which("curl")
    if curl is None:
        if os.environ.get("CI"):
            pytest.fail("curl is missing")
        pytest.skip("curl is not installed")
    assert server.proxy_url is not None
    assert server.ca_file is not None
    surroundings = {"PATH": os.environ["PATH"], **environment(server.proxy_url, server.ca_file)}
    command = [
        curl,
        "--silent",
        "--show-error",
        "--max-time",
        "20",
        "--user",
        ":".join(KEYS),
        "--json",
        json.dumps(FIELDS),
    ]
    run = subprocess.run([*command, SEND], env=surroundings, capture_output=True, text=True, check=False)
    assert run.stderr == ""
    assert json.loads(run.stdout)["data"]["links"]["self"].startswith(SEND)
    assert len(network.messages()) == 1
    refused = subprocess.run([curl, "-s", "https://example.com/"], env=surroundings, capture_output=True, check=False)
    assert (refused.returncode != 0, refused.stdout) == (True, b"")


def test_requests_with_nothing_but_its_environment(
    server: Running, network: SimulatedNetwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert server.proxy_url is not None
    assert server.ca_file is not None
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    for name, value in environment(server.proxy_url, server.ca_file).items():
        monkeypatch.setenv(name, value)
    assert requests.post(SEND, json=FIELDS, auth=KEYS, timeout=20).status_code == 202
    with pytest.raises(requests.exceptions.ProxyError):
        requests.get("https://example.com/", timeout=20)
    assert len(network.messages()) == 1
