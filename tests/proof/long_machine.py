"""The state machine of ``tests/verification/test_machine.py``, for longer: other sequences each time it is run.

``python tests/proof/long_machine.py --examples 1000 --steps 100`` plays so many sequences against each of the three
resend policies. A sequence that the engine gets wrong is made as short as it goes, printed as Python, and the exit
code is 1. ``--seed`` plays the same ones again.
"""

from __future__ import annotations

import argparse
import secrets
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from hypothesis import seed, settings
from hypothesis.stateful import run_state_machine_as_test

from helpers.verification import ResendPolicy

sys.path.insert(0, str(Path(__file__).parents[1] / "verification"))
from test_machine import SETTINGS, Machine


def play(policy: ResendPolicy, *, examples: int, steps: int, number: int) -> int:
    """So many sequences under one policy; how many calls they made.

    Raises:
        AssertionError: the engine and the model differ; what was done stands in the notes of the error.
    """
    calls = 0

    class Counting(Machine):
        def outcome(self, name: str, *arguments: object, **keywords: object) -> str:
            nonlocal calls
            calls += 1
            return super().outcome(name, *arguments, **keywords)

    longer = settings(SETTINGS, max_examples=examples, stateful_step_count=steps)
    run_state_machine_as_test(seed(number)(lambda: Counting(policy)), settings=longer)
    return calls


def main(arguments: Sequence[str] | None = None) -> int:
    """Play, print the figures, and say by the exit code whether all was well."""
    parser = argparse.ArgumentParser(description="Play random sequences against the engine and its model.")
    parser.add_argument("--examples", type=int, default=500, help="sequences for each resend policy (500)")
    parser.add_argument("--steps", type=int, default=100, help="steps in a sequence (100)")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(2**32), help="the same seed, the same sequences")
    wanted = parser.parse_args(arguments)
    for policy in ResendPolicy:
        began = time.perf_counter()
        calls = play(policy, examples=wanted.examples, steps=wanted.steps, number=wanted.seed)
        seconds = time.perf_counter() - began
        figures = f"{wanted.examples} sequences, {calls} calls, {seconds:.0f} s, seed {wanted.seed}"
        print(f"{policy.name:10} {figures}: no fault", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
