"""A large class through notebook 04 at once: everybody joins, has a phone confirmed by a code, and signs in with one.

The class is a process of its own, the learners are threads of several others, each with the course's own settings,
accounts and database, and with somebody looking at the phone, so that a question for texts is held all the time. Each
checks that it only ever meets its own texts. Both ends share this machine: in a class each learner has their own.
"""

from __future__ import annotations

import argparse
import contextlib
import multiprocessing
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import requests
from argon2 import PasswordHasher
from requests.adapters import HTTPAdapter

from helpers import Accounts, Settings

PASSWORD = "correct horse battery staple"
HOME = "198.51.100.7"
CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
"""A real hash takes a learner's own machine a moment, and 200 of them would take all of this one."""


class Plan(NamedTuple):
    """What one process does."""

    first: int
    learners: int
    url: str
    code: str
    folder: str
    spread: float


@dataclass
class Found:
    """What one process saw. Times are milliseconds."""

    latencies: list[float] = field(default_factory=list)
    held: int = 0
    signed_in: int = 0
    errors: list[str] = field(default_factory=list)
    lesson_seconds: list[float] = field(default_factory=list)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    parser.add_argument("--learners", type=int, default=200, help="how many")
    parser.add_argument("--processes", type=int, default=4, help="in how many processes")
    parser.add_argument("--spread", type=float, default=30, help="they begin within so many seconds")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, served(folder, chosen.learners) as (url, code, teacher_key):
        plans = planned(chosen, url=url, code=code, folder=folder)
        began = time.monotonic()
        with multiprocessing.get_context("spawn").Pool(len(plans)) as pool:
            found = pool.map(run, plans, chunksize=1)
        seconds = time.monotonic() - began
        board = settled_board(url, teacher_key)
    sys.exit(report(chosen.learners, found, board, seconds))


def settled_board(url: str, teacher_key: str) -> dict[str, Any]:
    """The board, once everybody's progress has come, or after ten seconds."""
    until = time.monotonic() + 10
    teacher = {"Authorization": f"Bearer {teacher_key}"}
    while True:
        board: dict[str, Any] = requests.get(f"{url}/class/board", headers=teacher, timeout=30).json()
        if time.monotonic() > until or all(row["passed"] and row["verified"] == 2 for row in board["seats"]):
            return board
        time.sleep(0.2)


@contextlib.contextmanager
def served(folder: str, learners: int) -> Iterator[tuple[str, str, str]]:
    """The class; its address, its code and the teacher's key."""
    where = ["--host", "127.0.0.1", "--port", "0"]
    command = [sys.executable, "-m", "helpers.classroom", *where, "--learners", str(learners)]
    environment = os.environ | {"TWO_FACTOR_COURSE_DIR": str(Path(folder) / "class")}
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    greeting = ""
    for line in process.stdout:
        greeting += line
        if "Ctrl-C" in line:
            break
    try:
        url, code, key = (
            re.findall(pattern, greeting)[0] for pattern in (r"http://[\d.:]+", r"Class code  (\w+)", r"#key=(\S+)")
        )
        yield url, code, key
        print(f"The class: {usage(process.pid)}.")
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(20)


def usage(pid: int) -> str:
    """What a process has used, where the system says it in files (Linux)."""
    with contextlib.suppress(OSError):
        status = Path(f"/proc/{pid}/status").read_text()
        ticks = sum(map(int, Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]))
        peak = int(re.findall(r"VmHWM:\s+(\d+)", status)[0]) // 1024
        return f"{ticks / os.sysconf('SC_CLK_TCK'):.1f} s of processor time, {peak} MB at most"
    return "not measured here"


def planned(chosen: argparse.Namespace, *, url: str, code: str, folder: str) -> list[Plan]:
    """The learners, dealt out to the processes."""
    sizes = [len(range(number, chosen.learners, chosen.processes)) for number in range(chosen.processes)]
    firsts = [sum(sizes[:number]) for number in range(chosen.processes)]
    dealt = zip(firsts, sizes, strict=True)
    return [Plan(first, size, url, code, folder, chosen.spread) for first, size in dealt if size]


# --- in a process of learners ----------------------------------------------------------------------------------------


def run(plan: Plan) -> Found:
    """All learners of one process, each in a thread."""
    os.environ["TWO_FACTOR_COURSE_DIR"] = str(Path(plan.folder) / f"learners-{plan.first}")
    os.environ["TWO_FACTOR_ENV_FILE"] = str(Path(plan.folder) / "no.env")
    if hasattr(os, "nice"):  # not on Windows
        os.nice(10)  # the class has a machine to itself; here it shares one with all of its learners
    found = Found()
    measure(found)
    one_at_a_time = threading.Lock()
    threads = [
        threading.Thread(target=learn, args=(plan, number, found, one_at_a_time)) for number in range(plan.learners)
    ]
    for thread in threads:
        thread.start()
        time.sleep(plan.spread / plan.learners)
    for thread in threads:
        thread.join()
    return found


def measure(found: Found) -> None:
    """Time every request of this process, but for those that are held on purpose."""
    send = HTTPAdapter.send

    def timed(self: HTTPAdapter, request: requests.PreparedRequest, *rest: Any, **named: Any) -> requests.Response:
        began = time.perf_counter()
        response = send(self, request, *rest, **named)
        if "wait=" in (request.url or ""):
            found.held += 1
        else:
            found.latencies.append((time.perf_counter() - began) * 1000)
        return response

    HTTPAdapter.send = timed  # type: ignore[method-assign]


def learn(plan: Plan, number: int, found: Found, one_at_a_time: threading.Lock) -> None:
    began = time.monotonic()
    try:
        lesson(plan, number, one_at_a_time)
        found.signed_in += 1
        found.lesson_seconds.append(time.monotonic() - began)
    except Exception as problem:
        last = traceback.extract_tb(problem.__traceback__)[-1]
        found.errors.append(f"{type(problem).__name__} at {Path(last.filename).name}:{last.lineno}: {problem}")


def lesson(plan: Plan, number: int, one_at_a_time: threading.Lock) -> None:
    """Notebook 04, by one learner."""
    wanted = {"name": f"Learner {plan.first + number}", "code": plan.code}
    joined = requests.post(f"{plan.url}/class/join", json=wanted, timeout=30)
    joined.raise_for_status()
    with one_at_a_time:  # the environment is the whole process's
        os.environ["FLOWROUTE_SIMULATOR_URL"] = joined.json()["address"]
        settings = Settings.load(database=f"learner-{number}")
    mine: set[str] = set()
    settings.on_exchange(lambda exchange: mine.update(re.findall(r"mdr2-[0-9a-f]{32}", exchange.response_body or "")))
    assert settings.shared_network is not None
    inbox = settings.shared_network.inbox
    stop_looking = inbox.on_change(lambda: None)  # somebody looks at the phone
    try:
        accounts = Accounts(
            settings.database_url,
            verifier=settings.verifier(),
            clock=settings.clock,
            key=settings.code_key,
            hasher=CHEAP,
        )
        accounts.register("ana", PASSWORD)
        ticket = accounts.check_password("ana", PASSWORD, client=HOME)
        enrolment = accounts.enrol_phone(ticket, settings.my_number, client=HOME)
        settings.wait_for_text()
        accounts.confirm_phone(ticket, enrolment.id, settings.code_from_phone())
        pending = accounts.send_code(ticket, client=HOME)
        settings.wait_for_text()
        session = accounts.sign_in(pending, settings.code_from_phone())
        assert accounts.who(session) == "ana"
        texts = inbox.texts(settings.my_number)
        assert len(texts) == 2, f"{len(texts)} texts where two were sent"
        assert {text.id for text in texts} <= mine, "a text of somebody else's"
        settings.shared_network.report_progress(["04.1", "04.2"])
    finally:
        stop_looking()


# --- the figures -----------------------------------------------------------------------------------------------------


def report(learners: int, found: list[Found], board: dict[str, Any], seconds: float) -> int:
    """Print the figures; the exit code."""
    latencies = sorted(each for process in found for each in process.latencies)
    lessons = sorted(each for process in found for each in process.lesson_seconds)
    errors = [error for process in found for error in process.errors]
    signed_in = sum(process.signed_in for process in found)
    held = sum(process.held for process in found)
    for error, count in Counter(errors).most_common(10):
        print(f"{count} times: {error}")
    print(
        f"{signed_in} of {learners} learners signed in, in {seconds:.1f} s; {len(latencies)} requests and {held} held "
        f"questions for texts: {(len(latencies) + held) / seconds:.0f} a second."
    )
    if latencies and lessons:
        print(
            f"A request took {at(latencies, 50):.1f} ms (p50), {at(latencies, 95):.1f} ms (p95), {latencies[-1]:.0f} "
            f"ms at most; a lesson {at(lessons, 50):.1f} s (p50), {lessons[-1]:.1f} s at most. Errors: {len(errors)}."
        )
    rows = board["seats"]
    wrong = [row["name"] for row in rows if (row["sent"], row["refused"], row["verified"]) != (2, 0, 2)]
    unseen = [row["name"] for row in rows if row["passed"] != ["04.1", "04.2"]]
    print(f"The board: {len(rows)} seats; counts that are off: {len(wrong)}; progress that is missing: {len(unseen)}.")
    return 0 if not errors and signed_in == learners == len(rows) and not wrong and not unseen else 1


def at(values: list[float], percent: int) -> float:
    """A percentile of sorted values."""
    return values[min(len(values) - 1, round(percent / 100 * (len(values) - 1)))]


if __name__ == "__main__":
    main()
