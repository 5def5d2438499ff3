"""The fixture ``simulator`` as another project uses it, and the same from Node."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from helpers.clock import Clock
from helpers.simulator import SimulatedNetwork, pytest_plugin
from helpers.simulator.inbox import code_in_text
from helpers.simulator.server import serve

pytest_plugins = ["pytester"]

CONFTEST = 'pytest_plugins = ["helpers.simulator.pytest_plugin"]\n'

# Somebody's project: it knows HTTP and nothing of the simulator.
APP = '''
import base64, json, re, secrets, urllib.error, urllib.request

class MyApp:
    """Texts a code, three times at most, and compares it."""

    def __init__(self, flowroute, keys, sender, seconds=30):
        self.url, self.keys, self.sender, self.seconds = flowroute, keys, sender, seconds

    def begin_sign_in(self, phone):
        self.code = f"{secrets.randbelow(10**6):06}"
        message = {"to": phone, "from": self.sender, "body": f"{self.code} is your code for Example Bank."}
        for _ in range(3):
            try:
                self.call("POST", "/v2.2/messages", message)
            except urllib.error.HTTPError as problem:
                problem.close()
            else:
                return "sent"
        return "try again in a minute"

    def finish_sign_in(self, code):
        return "welcome" if code == self.code else "wrong"

    def call(self, method, path, body=None):
        basic = base64.b64encode(":".join(self.keys).encode()).decode()
        headers = {"Authorization": f"Basic {basic}", "Content-Type": "application/json"}
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data=data, headers=headers, method=method)
        with urllib.request.urlopen(request, timeout=self.seconds) as answer:
            return answer.status, answer.read()

def app_of(simulator, **options):
    return MyApp(simulator.url, (simulator.access_key, simulator.secret_key), simulator.number, **options)
'''

Project = Callable[..., pytest.RunResult]


@pytest.fixture
def project(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Project:
    """``project(tests)``: run them in a project of their own, with no other plugin and every warning an error."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")

    def run(tests: str, conftest: str = CONFTEST) -> pytest.RunResult:
        pytester.makeconftest(conftest)
        pytester.makepyfile(my_app=APP, test_mine=f"from my_app import MyApp, app_of\n{textwrap.dedent(tests)}")
        return pytester.runpytest_subprocess("-W", "error", "-p", "no:cacheprovider", timeout=120)

    return run


def test_the_example_in_the_docstring_runs(project: Project) -> None:
    blocks = re.findall(r"::\n\n((?:    .*\n|\n)+)", f"{pytest_plugin.__doc__}\n")
    conftest, sign_in, too_fast, options = (textwrap.dedent(block) for block in blocks)
    assert conftest.strip() == CONFTEST.strip()
    project(sign_in + too_fast).assert_outcomes(passed=3)
    check = """
    def test_the_options(simulator):
        assert (simulator.number, simulator.secret_key) == ("12065550121", "my-secret")
        assert len({app_of(simulator).begin_sign_in("12065550100") for _ in range(7)}) == 2  # the rate is limited
    """
    project(check, f"{CONFTEST}import pytest\n{options}").assert_outcomes(passed=1)


def test_all_that_it_offers(project: Project) -> None:
    tests = """
    import pytest, re, urllib.error

    def test_texts_and_codes(simulator):
        app = app_of(simulator)
        with pytest.raises(LookupError, match="No text has arrived on 12065550100"):
            simulator.code("12065550100")
        assert app.begin_sign_in("+12065550100") == "sent"
        assert simulator.code("12065550100") == app.code
        assert [text.sender for text in simulator.texts("12065550100")] == [simulator.number]
        app.call("POST", "/v2.2/messages", {"to": "12065550100", "from": simulator.number, "body": "Good morning"})
        with pytest.raises(LookupError, match="no code"):
            simulator.code("12065550100")
        assert [request.status for request in simulator.requests] == [202, 202]
        assert "practice-secret" not in repr(simulator.requests) + repr(simulator)

    def test_the_clock(simulator):
        app = app_of(simulator)
        simulator.clock.freeze()
        simulator.change(receipts="realistic")
        app.begin_sign_in("12065550100")
        assert simulator.texts("12065550100") == []
        simulator.clock.advance(seconds=2)
        assert simulator.code("12065550100") == app.code

    def test_faults(simulator):
        simulator.fault("reset-after", method="POST")
        with pytest.raises(OSError):
            app_of(simulator).begin_sign_in("12065550100")
        assert len(simulator.texts("12065550100")) == 1
        assert simulator.faults.list() == []
        with pytest.raises(ValueError, match="Choose one of"):
            simulator.fault("earthquake")

    def test_texts_from_phones(simulator):
        import http.server, threading

        class Hook(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                heard.append(self.rfile.read(int(self.headers["Content-Length"])))
                self.send_response(200)
                self.end_headers()
                told.set()

            def log_message(self, *_):
                pass

        heard, told = [], threading.Event()
        with http.server.HTTPServer(("127.0.0.1", 0), Hook) as hook:
            threading.Thread(target=hook.handle_request, daemon=True).start()
            url = f"http://127.0.0.1:{hook.server_port}/hook"
            app_of(simulator).call("PUT", "/v2.1/messages/sms_callback", {"callback_url": url})
            message = simulator.receive("12065550100", simulator.number, "stop")
            assert told.wait(10)
        assert message.body == "stop" and b'"body": "stop"' in heard[0]
        with pytest.raises(urllib.error.HTTPError, match="400"):
            app_of(simulator).call("POST", "/v2/messages", {"to": "12065550100", "from": simulator.number, "body": "?"})
        with pytest.raises(ValueError, match="owns that number"):
            simulator.receive("12065550100", "12065550101", "hello")

    def test_no_tls_unless_asked_for(simulator):
        with pytest.raises(RuntimeError, match="simulator_options"):
            simulator.environment
    """
    project(tests).assert_outcomes(passed=5)


def test_nothing_of_one_test_is_left_in_the_next(project: Project) -> None:
    """Not even what was under way when it ended: a request that nobody waited for, a callback to a slow receiver."""
    tests = """
    import json, pytest, socket, threading, time

    urls, open_sockets = [], []

    def test_first(simulator):
        urls.append(simulator.url)
        app = app_of(simulator, seconds=0.2)
        on_sale = json.loads(app.call("GET", "/v2/numbers/available")[1])["data"]
        app.call("POST", f"/v2/numbers/{on_sale[0]['id']}")
        slow = socket.create_server(("127.0.0.1", 0))  # it takes a connection and never answers
        hook = f"http://127.0.0.1:{slow.getsockname()[1]}/"
        app.call("PUT", "/v2.1/messages/dlr_callback", {"callback_url": hook})
        app.begin_sign_in("12065550100")
        open_sockets.extend((slow, slow.accept()[0]))
        simulator.receive("12065550100", simulator.number, "STOP")
        simulator.change(legacy_500=True, rate_limit=True)
        simulator.clock.advance(days=400)
        simulator.clock.freeze()
        simulator.fault("latency", seconds=600)
        simulator.fault("error-500", times=None)
        with pytest.raises(OSError):
            app.call("GET", "/v2/messages/mdr1-0")

    def test_second(simulator):
        give_up = time.monotonic() + 10
        while any("process_request_thread" in each.name for each in threading.enumerate()):
            assert time.monotonic() < give_up, "a request of the first test still holds a thread"
            time.sleep(0.01)
        app = app_of(simulator)
        assert urls == [simulator.url]
        assert list(simulator.requests) == [] == list(simulator.callbacks)
        assert simulator.texts("12065550100") == [] == simulator.faults.list()
        assert simulator.numbers == ("12065550199",)
        assert simulator.clock.running
        for _ in range(7):
            assert app.begin_sign_in("12065550100") == "sent"
        assert simulator.code("12065550100") == app.code
        for each in open_sockets:
            each.close()  # the callback of the first test fails now
        assert app.call("GET", "/v2/numbers")[0] == 200
        assert len(simulator.requests) == 8
        assert list(simulator.callbacks) == []
        assert abs(simulator.clock.now_ms() / 1000 - time.time()) < 3600
    """
    project(tests).assert_outcomes(passed=2)


def test_a_client_whose_host_is_fixed(project: Project) -> None:
    tests = """
    import requests

    def test_it(simulator, monkeypatch):
        for name, value in simulator.environment.items():
            monkeypatch.setenv(name, value)
        answer = requests.post(
            "https://api.flowroute.com/v2/messages",
            json={"to": "12065550100", "from": simulator.number, "body": "Your code is 123 456"},
            auth=(simulator.access_key, simulator.secret_key),
        )
        assert answer.status_code == 200
        assert simulator.code("12065550100") == "123456"
    """
    options = 'import pytest\n@pytest.fixture(scope="session")\ndef simulator_options():\n    return {"tls": True}\n'
    project(tests, CONFTEST + options).assert_outcomes(passed=1)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Your code is 123456", "123456"),
        ("123456 is your code. It ends at 18:30.", "123456"),
        ("Example Bank, est. 1969: your code is 004711.", "004711"),
        ("Your code: 123-456", "123456"),
        ("Code 8241", "8241"),
        ("Code 12345678, call 12065550100", "12345678"),
        ("Ana paid 123456 to you\n@bank.example #654321", "654321"),
        ("You have $1,234.50 in 20 accounts; call 1-206-555-0100", None),
        ("Order A123456 is on its way", None),
        ("", None),
    ],
)
def test_where_a_code_is_found(text: str, code: str | None) -> None:
    assert code_in_text(text) == code


def test_the_example_for_node(tmp_path: Path) -> None:
    if shutil.which("node") is None:
        if os.environ.get("CI"):
            pytest.fail("Not installed: node.")
        pytest.skip("Not installed: node. Install it to run this test.")
    network = SimulatedNetwork(clock=Clock(), access_key="12345678", secret_key="s3cret", numbers=["12065550120"])
    example = Path(__file__).parent / "clients" / "example.test.mjs"
    with serve(network) as running:
        environ = {"PATH": os.environ["PATH"], "FLOWROUTE_URL": running.url}
        done = subprocess.run(
            ["node", "--test", "--test-reporter=tap", example],
            cwd=tmp_path,
            env=environ,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "# pass 2" in done.stdout
