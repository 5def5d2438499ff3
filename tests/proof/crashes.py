"""Kill processes at random moments, five hundred times: ``python tests/proof/crashes.py --rounds 500``.

What is done and what has to hold stands in ``tests/verification/kill_rounds.py``, of which ``test_kill_rounds.py`` runs
a sample. Half of the rounds are under the new-code policy, half under the same-code policy. On PostgreSQL where
``DATABASE_URL`` names a server, else on SQLite. Exits 1 at the first thing that does not hold, and leaves the files of
that run where it says.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path

sys.path.extend(str(Path(__file__).resolve().parents[2] / name) for name in ("tests/verification", "tests", "tools"))

import databases
from kill_rounds import Killing, Outcome, Paths
from sqlalchemy import make_url

from helpers.database import empty_database
from helpers.verification import ResendPolicy


def main(arguments: Sequence[str] | None = None) -> int:
    """Kill, look, print what was found."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=500, help="how many kills (500)")
    parser.add_argument("--seed", type=int, default=1, help="for who is killed when, and for what they do (1)")
    wanted = parser.parse_args(arguments)
    server = os.environ.get("DATABASE_URL", "")
    with databases.schema_of_its_own(make_url(server)) if server else nullcontext("") as url:
        new = wanted.rounds // 2
        for resend, rounds in ((ResendPolicy.NEW_CODE, new), (ResendPolicy.SAME_CODE, wanted.rounds - new)):
            if url:
                empty_database(url)
            folder = Path(tempfile.mkdtemp(prefix="killed-"))
            began = time.perf_counter()
            outcome = Killing(Paths(folder, url), resend=resend, seed=wanted.seed).run(rounds)
            report(outcome, resend, seconds=time.perf_counter() - began)
            if outcome.broken:
                print(f"The files are left in {folder}")
                return 1
            shutil.rmtree(folder)
    return 0


def report(outcome: Outcome, resend: ResendPolicy, *, seconds: float) -> None:
    """The figures of one policy, and whatever does not hold."""
    print(f"{resend.name}: {outcome}; {seconds:.0f} s")
    print("  " + ", ".join(f"{name} {count}" for name, count in sorted(outcome.calls.items())))
    for words in outcome.broken:
        print(f"  NOT SO: {words}")
    if not outcome.broken:
        print("  all held", flush=True)


if __name__ == "__main__":
    sys.exit(main())
