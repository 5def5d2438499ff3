"""How fast the simulator is, beside two others of its kind, and whether it carries a class: ``make bench-simulator``.

The same client with the same number of connections asks each of them for the same kind of work, in turns: a message
sent, and one fact looked up. The peers are moto's server (SNS: Publish, CheckIfPhoneNumberIsOptedOut) and Stoplight
Prism, which answers from the simulator's own OpenAPI file. They are installed in pinned versions into ``.bench/``, and
left out with a reason if that fails. Then a class: each learner has a key and sends a message every two seconds, while
pages listen to the events. Everything stays on 127.0.0.1 and is bounded in number and time.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import json
import os
import platform
import shutil
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

HOME = Path(__file__).resolve().parent.parent
BENCH = HOME / ".bench"
MOTO = "5.2.2"
PRISM = "5.16.0"

KEYS = ("12345678", "practice-secret")
OURS, PHONE = "12535550199", "13035550100"
TEXT = "Your code is 123456. Example Bank will never ask you for it."
MOST_REQUESTS = 20_000
"""In one measurement: no machine is so fast that a bench fills its memory."""
LEARNERS, PAGES, EVERY_SECONDS = 200, 20, 2.0


# --- one client for all -----------------------------------------------------------------------------------------------


class Client:
    """One connection at a time over a plain socket, kept for as long as the server keeps it."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._sock: socket.socket | None = None

    def ask(self, request: bytes) -> tuple[int, bytes]:
        """The status and the body. Connecting is part of it, for servers that hang up after each answer."""
        if self._sock is None:
            self._sock = socket.create_connection(("127.0.0.1", self._port), timeout=30)
            self._sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._sock.sendall(request)
        head, body = self._head()
        status, length, keeps = read_head(head)
        while len(body) < length:
            body += self._more()
        if not keeps:
            self.close()
        return status, body

    def _head(self) -> tuple[bytes, bytes]:
        data = b""
        while b"\r\n\r\n" not in data:
            data += self._more()
        head, _, body = data.partition(b"\r\n\r\n")
        return head, body

    def _more(self) -> bytes:
        assert self._sock is not None
        data = self._sock.recv(65_536)
        if not data:
            raise ConnectionError("The server hung up in the middle of an answer.")
        return data

    def close(self) -> None:
        if self._sock is not None:
            self._sock.close()
            self._sock = None


def read_head(head: bytes) -> tuple[int, int, bool]:
    """Of an answer: its status, the length of its body, and whether the connection stays."""
    lines = head.lower().split(b"\r\n")
    headers = dict(line.split(b": ", 1) for line in lines[1:])
    return int(lines[0].split()[1]), int(headers.get(b"content-length", b"0")), headers.get(b"connection") != b"close"


def http(method: str, target: str, *, authorization: str, content_type: str = "", body: bytes = b"") -> bytes:
    """A whole request."""
    lines = [f"{method} {target} HTTP/1.1", "Host: 127.0.0.1", f"Authorization: {authorization}"]
    if body:
        lines += [f"Content-Type: {content_type}", f"Content-Length: {len(body)}"]
    return "\r\n".join([*lines, "", ""]).encode() + body


# --- what is measured -------------------------------------------------------------------------------------------------


@dataclass
class Target:
    """A server that is under way, and the two requests that are asked of it."""

    name: str
    process: subprocess.Popen[bytes]
    port: int
    send: bytes
    look_up: Callable[[bytes], bytes]
    """Makes the request from the body of the answer to a send."""
    expected: tuple[int, int]
    start_up_ms: float = 0.0
    memory_mb: list[float] = field(default_factory=list)


def load(port: int, request: bytes, *, expected: int, connections: int, seconds: float) -> tuple[float, list[float]]:
    """Ask as fast as it answers. Requests a second, and how long each took in milliseconds."""
    took: list[list[float]] = [[] for _ in range(connections)]
    wrong: list[object] = []
    begin = time.perf_counter()

    def work(mine: list[float]) -> None:
        client = Client(port)
        try:
            while (began := time.perf_counter()) < begin + seconds and len(mine) < MOST_REQUESTS // connections:
                status, _ = client.ask(request)
                mine.append((time.perf_counter() - began) * 1000)
                if status != expected:
                    raise RuntimeError(f"The answer was {status} and not {expected}.")
        except (OSError, RuntimeError) as problem:
            wrong.append(problem)
        finally:
            client.close()

    threads = [threading.Thread(target=work, args=(mine,)) for mine in took]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if wrong:
        raise RuntimeError(f"The load could not be finished: {wrong[0]}")
    all_of_them = [one for mine in took for one in mine]
    return len(all_of_them) / (time.perf_counter() - begin), all_of_them


class Figures:
    """The measurements of one target, one kind of request and one number of connections."""

    def __init__(self) -> None:
        self.rates: list[float] = []
        self.took_ms: list[float] = []

    def add(self, measured: tuple[float, list[float]]) -> None:
        self.rates.append(measured[0])
        self.took_ms += measured[1]

    @property
    def rate(self) -> float:
        """Requests a second: the median of the rounds."""
        return statistics.median(self.rates)

    def __str__(self) -> str:
        return f"{self.rate:,.0f}/s, {percentile(self.took_ms, 50):.2f} ms, {percentile(self.took_ms, 99):.2f} ms"


def percentile(values: Sequence[float], percent: float) -> float:
    """The value that so many percent do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]


# --- the servers ------------------------------------------------------------------------------------------------------


def start(target: Target, began: float) -> Target:
    """Wait for its first good answer to a send, and note how long that took from the start of its process."""
    while True:
        if target.process.poll() is not None:
            raise RuntimeError(f"{target.name} ended by itself with {target.process.returncode}.")
        client = Client(target.port)
        with suppress(OSError):
            if client.ask(target.send)[0] == target.expected[0]:
                client.close()
                break
        client.close()
        if time.perf_counter() - began > 60:
            raise RuntimeError(f"{target.name} did not answer within a minute.")
        time.sleep(0.005)
    target.start_up_ms = (time.perf_counter() - began) * 1000
    target.memory_mb = [memory_mb(target.process.pid)]
    return target


@contextmanager
def process(*command: str | Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process of ours, ended at the end."""
    with subprocess.Popen(command, cwd=HOME, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as running:  # noqa: S603  # ours
        try:
            yield running
        finally:
            running.terminate()
            with suppress(subprocess.TimeoutExpired):
                running.wait(10)
            running.kill()


@contextmanager
def the_simulator(*options: str) -> Iterator[Target]:
    """The simulator as users serve it."""
    port = free_port()
    command = [sys.executable, "-m", "helpers.simulator", "--port", str(port), *options]
    command += ["--access-key", KEYS[0], "--secret-key", KEYS[1], "--number", OURS]
    began = time.perf_counter()
    with process(*command) as running:
        yield start(Target("this simulator", running, port, our_send(KEYS, OURS), our_look_up, (202, 200)), began)


def our_send(keys: tuple[str, str], number: str) -> bytes:
    """A message by v2.1."""
    body = json.dumps({"to": PHONE, "from": number, "body": TEXT}).encode()
    return http("POST", "/v2.1/messages", authorization=basic(keys), content_type="application/vnd.api+json", body=body)


def our_look_up(sent: bytes) -> bytes:
    """The record of a message that was sent."""
    return http("GET", f"/v2.1/messages/{json.loads(sent)['data']['id']}", authorization=basic(KEYS))


def basic(keys: tuple[str, str]) -> str:
    return "Basic " + base64.b64encode(":".join(keys).encode()).decode()


@contextmanager
def moto() -> Iterator[Target]:
    """moto's server: SNS. It closes the connection after each answer, and looks at no signature."""
    home, port = BENCH / f"moto-{MOTO}", free_port()
    program = home / "bin" / "moto_server"
    if not program.exists():
        shutil.rmtree(home, ignore_errors=True)
        run(sys.executable, "-m", "venv", home)
        run(home / "bin" / "python", "-m", "pip", "install", "--quiet", f"moto[server]=={MOTO}")
    signed = "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/sns/aws4_request, SignedHeaders=host, Signature=0"
    form = "application/x-www-form-urlencoded"

    def call(fields: str) -> bytes:
        body = f"Version=2010-03-31&{fields}".encode()
        return http("POST", "/", authorization=signed, content_type=form, body=body)

    send = call(f"Action=Publish&PhoneNumber=%2B{PHONE}&Message={TEXT.replace(' ', '+')}")
    look_up = call(f"Action=CheckIfPhoneNumberIsOptedOut&phoneNumber=%2B{PHONE}")
    began = time.perf_counter()
    with process(program, "-H", "127.0.0.1", "-p", str(port)) as running:
        yield start(Target(f"moto {MOTO} (SNS)", running, port, send, lambda _: look_up, (200, 200)), began)


@contextmanager
def prism() -> Iterator[Target]:
    """Stoplight Prism: checks each request against our description, keeps nothing, and answers with its examples."""
    home, port = BENCH / f"prism-{PRISM}", free_port()
    program = home / "node_modules" / ".bin" / "prism"
    if not program.exists():
        shutil.rmtree(home, ignore_errors=True)
        home.mkdir(parents=True)
        quiet = ("--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error")
        run("npm", "install", "--prefix", home, *quiet, f"@stoplight/prism-cli@{PRISM}")
    description = HOME / "helpers" / "simulator" / "openapi.json"
    began = time.perf_counter()
    with process(program, "mock", "-h", "127.0.0.1", "-p", str(port), "-m", "false", description) as running:
        yield start(Target(f"Prism {PRISM}", running, port, our_send(KEYS, OURS), our_look_up, (202, 200)), began)


def run(*command: str | Path) -> None:
    """Run an installer; what it says is told where it fails."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)  # noqa: S603  # ours
    if done.returncode:
        raise RuntimeError(f"{command[0]} failed: {done.stderr.strip().splitlines()[-1:]}")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def memory_mb(pid: int) -> float:
    """Resident memory in MB; 0 where the system does not tell."""
    with suppress(OSError, StopIteration):
        lines = Path(f"/proc/{pid}/status").read_text("utf-8").splitlines()
        return int(next(line for line in lines if line.startswith("VmRSS:")).split()[1]) / 1024
    return 0.0


def cpu_seconds(pid: int) -> float:
    """Processor time used so far; 0 where the system does not tell."""
    with suppress(OSError):
        fields = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return 0.0


# --- side by side -----------------------------------------------------------------------------------------------------

Key = tuple[str, str, int]
"""A target's name, ``"send"`` or ``"look up"``, and how many connections."""


def side_by_side(*, rounds: int, seconds: float, peers: bool) -> None:
    """Measure all that can be had, in turns, and print the table."""
    figures: defaultdict[Key, Figures] = defaultdict(Figures)
    with ExitStack() as stack:
        targets = [running(stack, lambda: the_simulator("--rate-limit", "off"))]
        for peer in (moto, prism) if peers else ():
            try:
                targets.append(running(stack, peer))
            except (RuntimeError, OSError, subprocess.TimeoutExpired) as problem:
                print(f"Left out: {peer.__name__}. {problem}", flush=True)
        for target in targets:
            measure(target, defaultdict(Figures), seconds=seconds / 2)  # to warm up
        inside = [in_process(seconds)]
        for _ in range(rounds):
            for target in targets:
                measure(target, figures, seconds=seconds)
            inside.append(in_process(seconds))
        for target in targets:
            target.memory_mb.append(memory_mb(target.process.pid))
    print_figures(targets, figures, inside[1:])


def running(stack: ExitStack, serve: Callable[[], AbstractContextManager[Target]]) -> Target:
    """A server that stays until ``stack`` ends. It is started three times, for the median of its start-up."""
    start_ups = []
    for _ in range(2):
        with serve() as target:
            start_ups.append(target.start_up_ms)
    target = stack.enter_context(serve())
    target.start_up_ms = statistics.median([*start_ups, target.start_up_ms])
    return target


def measure(target: Target, figures: defaultdict[Key, Figures], *, seconds: float) -> None:
    for connections in (1, 8):
        client = Client(target.port)
        _, sent = client.ask(target.send)
        client.close()
        for what, request, expected in zip(
            ("send", "look up"), (target.send, target.look_up(sent)), target.expected, strict=True
        ):
            measured = load(target.port, request, expected=expected, connections=connections, seconds=seconds)
            figures[target.name, what, connections].add(measured)


def in_process(seconds: float) -> dict[str, Any]:
    """The same through the adapter of ``transport.py``, in a process of its own."""
    began = time.perf_counter()
    command = [sys.executable, __file__, "--in-process", str(seconds)]
    with subprocess.Popen(command, cwd=HOME, stdout=subprocess.PIPE, text=True) as child:  # noqa: S603  # ours
        assert child.stdout is not None
        child.stdout.readline()
        start_up_ms = (time.perf_counter() - began) * 1000
        measured: dict[str, Any] = json.loads(child.stdout.readline())
    return {**measured, "start_up_ms": start_up_ms}


def work_in_process(seconds: float) -> None:
    """The child of :func:`in_process`: says when it has had its first answer, then measures."""
    import requests

    from helpers.clock import Clock
    from helpers.simulator import SimulatedNetwork, SimulatorAdapter, create_app

    network = SimulatedNetwork(clock=Clock(), access_key=KEYS[0], secret_key=KEYS[1], numbers=[OURS], rate_limit=False)
    with requests.Session() as session:
        session.trust_env = False
        session.auth = KEYS
        session.mount("https://api.flowroute.com/", SimulatorAdapter(create_app(network)))
        url, message = "https://api.flowroute.com/v2.1/messages", {"to": PHONE, "from": OURS, "body": TEXT}
        sent = session.post(url, json=message).json()
        print("ready", flush=True)
        before = memory_mb(os.getpid())
        send = repeat(lambda: session.post(url, json=message).status_code == 202, seconds)
        sent = session.post(url, json=message).json()
        look_up = repeat(lambda: session.get(f"{url}/{sent['data']['id']}").status_code == 200, seconds)
    print(json.dumps({"send": send, "look up": look_up, "memory_mb": [before, memory_mb(os.getpid())]}))


def repeat(call: Callable[[], bool], seconds: float) -> tuple[float, list[float]]:
    took: list[float] = []
    begin = time.perf_counter()
    while (began := time.perf_counter()) < begin + seconds and len(took) < MOST_REQUESTS:
        if not call():
            raise RuntimeError("The answer was not the expected one.")
        took.append((time.perf_counter() - began) * 1000)
    return len(took) / (time.perf_counter() - begin), took


def print_figures(targets: list[Target], figures: dict[Key, Figures], inside: list[dict[str, Any]]) -> None:
    """The tables, in Markdown. Each figure: requests a second, median, 99th percentile."""
    print("| | connections | sending | looking up | start-up | memory, before and after |")
    print("|---|---|---|---|---|---|")
    own: dict[str, Figures] = defaultdict(Figures)
    for each in inside:
        own["send"].add(each["send"])
        own["look up"].add(each["look up"])
    start_up = statistics.median(each["start_up_ms"] for each in inside)
    before, after = inside[-1]["memory_mb"]
    print(
        f"| this simulator, in process | – | {own['send']} | {own['look up']} | "
        f"{start_up:,.0f} ms | {before:.0f}, {after:.0f} MB |"
    )
    for target in targets:
        for connections in (1, 8):
            send, look_up = (figures[target.name, what, connections] for what in ("send", "look up"))
            before, after = target.memory_mb
            facts = f"{target.start_up_ms:,.0f} ms | {before:.0f}, {after:.0f} MB" if connections == 1 else " | "
            print(f"| {target.name} | {connections} | {send} | {look_up} | {facts} |")
    print()
    for peer in targets[1:]:
        ratios = [
            f"{what}, {connections}: "
            f"{figures[targets[0].name, what, connections].rate / figures[peer.name, what, connections].rate:.2f}"
            for what in ("send", "look up")
            for connections in (1, 8)
        ]
        print(f"Requests a second of this simulator, divided by those of {peer.name}: {'; '.join(ratios)}.")
    print()


# --- a class ----------------------------------------------------------------------------------------------------------


def school_class(seconds: float) -> None:
    """200 learners and 20 pages against one simulator, driven from another process."""
    accounts = [option for key, number in learners() for option in ("--account", f"{key}:secret:{number}")]
    with the_simulator(*accounts) as target:
        pid, port = target.process.pid, target.port
        before, began = cpu_seconds(pid), time.perf_counter()
        command = [sys.executable, __file__, "--drive-class", str(port), str(seconds)]
        done = subprocess.run(  # noqa: S603  # ours
            command, cwd=HOME, capture_output=True, text=True, timeout=seconds + 120, check=False
        )
        if done.returncode:
            raise RuntimeError(f"The class could not be driven: {done.stderr}")
        busy = (cpu_seconds(pid) - before) / (time.perf_counter() - began)
        took, pages = json.loads(done.stdout)
        memory = memory_mb(pid)
    p50, p99, most = (percentile(took, percent) for percent in (50, 99, 100))
    print(f"| a class for {seconds:.0f} s | messages | p50 | p99 | slowest | processor | memory | events | reloads |")
    print("|---|---|---|---|---|---|---|---|---|")
    print(
        f"| {LEARNERS} learners, {PAGES} pages | {len(took)} | {p50:.1f} ms | {p99:.1f} ms | {most:.1f} ms | "
        f"{busy:.0%} of a core | {memory:.0f} MB | {pages['events']} | {pages['reloads']} |"
    )


def learners() -> list[tuple[str, str]]:
    """The access key and the number of each."""
    numbers = [f"1{area}55501{rest:02}" for area in ("206", "425") for rest in range(100)]
    return [(f"{20_000_000 + place}", number) for place, number in enumerate(numbers[:LEARNERS])]


async def drive_class(port: int, seconds: float) -> tuple[list[float], dict[str, int]]:
    """The driver. A message's time runs from when it was due, so that a late start counts too."""
    took: list[float] = []
    pages = {"events": 0, "reloads": 0}
    listeners = [asyncio.create_task(listen(port, pages)) for _ in range(PAGES)]
    await asyncio.sleep(0.5)
    begin = time.perf_counter() + 0.5
    await asyncio.gather(
        *(
            learn(port, key, number, took, begin=begin + place * EVERY_SECONDS / LEARNERS, end=begin + seconds)
            for place, (key, number) in enumerate(learners())
        )
    )
    for listener in listeners:
        listener.cancel()
    await asyncio.gather(*listeners, return_exceptions=True)
    return took, pages


async def learn(port: int, key: str, number: str, took: list[float], *, begin: float, end: float) -> None:
    """One learner: a message every two seconds over a connection of their own."""
    request = our_send((key, "secret"), number)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    due = begin
    while due < end:
        await asyncio.sleep(due - time.perf_counter())
        writer.write(request)
        status, length, _ = read_head((await reader.readuntil(b"\r\n\r\n"))[:-4])
        await reader.readexactly(length)
        took.append((time.perf_counter() - due) * 1000)
        if status != 202:
            raise RuntimeError(f"A learner got {status}.")
        due += EVERY_SECONDS
    writer.close()


async def listen(port: int, pages: dict[str, int]) -> None:
    """One page: takes a snapshot and follows the events from there, again whenever it is told to."""
    while True:
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=2**24)
        host = f"Host: 127.0.0.1:{port}\r\n\r\n"
        writer.write(f"GET /_simulator/snapshot HTTP/1.1\r\n{host}".encode())
        _, length, _ = read_head((await reader.readuntil(b"\r\n\r\n"))[:-4])
        seq = json.loads(await reader.readexactly(length))["seq"]
        writer.write(f"GET /_simulator/events?after={seq} HTTP/1.1\r\n{host}".encode())
        while line := await reader.readline():
            pages["events"] += line == b"event: change\n"
            if line == b"event: reload\n":
                pages["reloads"] += 1
                break
        writer.close()


# --- the command ------------------------------------------------------------------------------------------------------


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=3, help="how often everything is measured")
    parser.add_argument("--seconds", type=float, default=1.5, help="how long one measurement takes")
    parser.add_argument("--class-seconds", type=float, default=20.0, help="how long the class lasts; 0 leaves it out")
    parser.add_argument("--no-peers", action="store_true", help="measure the simulator alone; nothing is installed")
    parser.add_argument("--in-process", type=float, help=argparse.SUPPRESS)
    parser.add_argument("--drive-class", nargs=2, type=float, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.in_process:
        work_in_process(options.in_process)
    elif options.drive_class:
        port, seconds = options.drive_class
        print(json.dumps(asyncio.run(drive_class(int(port), seconds))))
    else:
        print(f"Python {platform.python_version()}, {os.cpu_count()} cores, client and server on the same machine.\n")
        side_by_side(rounds=options.rounds, seconds=options.seconds, peers=not options.no_peers)
        if options.class_seconds:
            school_class(options.class_seconds)


if __name__ == "__main__":
    main()
