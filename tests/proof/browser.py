"""Whether the browser tests are stable: run many times in a row, and once with clicks on a second thread.

ipykernel 7.3 handles a widget's messages on another thread than the cells; 7.4, which the course pins, on the same. The
forms have to do with both. Nothing is tried again: a run that fails has failed.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import time
from pathlib import Path

HOME = Path(__file__).resolve().parents[2]
OTHER = HOME / ".bench" / "ipykernel-7.3"
OLDER_KERNEL = "ipykernel==7.3.*"
TYPING_ROUNDS = 100
TESTS = ("-o", "addopts=", "-p", "no:nbval", "-p", "no:cacheprovider", "--allow-hosts=127.0.0.1,::1,localhost")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=20, help="how often in a row (default: %(default)s)")
    parser.add_argument("--tests", nargs="+", default=["tests/browser"], help="which tests (default: all in a browser)")
    chosen = parser.parse_args()
    passed = 0
    for number in range(1, chosen.times + 1):
        passed += run(Path(sys.executable), chosen.tests, f"{number} of {chosen.times}")
    print(f"Passed {passed} times of {chosen.times}.")
    also = run(python_with_the_older_kernel(), chosen.tests, OLDER_KERNEL)
    sys.exit(0 if passed == chosen.times and also else "The browser tests are not stable.")


def run(python: Path, tests: list[str], name: str) -> bool:
    """Run them once, and say how it went; what failed is printed."""
    began = time.monotonic()
    command = [str(python), "-m", "pytest", *TESTS, "--allow-unix-socket", "-q", *tests]
    settings = os.environ | {"CI": "true", "COURSE_TYPING_ROUNDS": str(TYPING_ROUNDS)}
    ran = subprocess.run(command, cwd=HOME, capture_output=True, text=True, env=settings, check=False)
    print(f"{name}: {'passed' if ran.returncode == 0 else 'FAILED'} in {time.monotonic() - began:.0f} s", flush=True)
    if ran.returncode:
        print(ran.stdout[-6000:], ran.stderr[-2000:], flush=True)
    return ran.returncode == 0


def python_with_the_older_kernel() -> Path:
    """A Python of its own, with the pinned list but for the kernel."""
    python = OTHER / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", OTHER], check=True)
    uv = [str(Path(sys.executable).with_name("uv")), "pip", "install", "--quiet", "--python", str(python)]
    subprocess.run([*uv, "--require-hashes", "-r", "requirements.txt"], cwd=HOME, check=True)
    subprocess.run([*uv, OLDER_KERNEL], cwd=HOME, check=True)
    subprocess.run([*uv, "--no-deps", "-e", "."], cwd=HOME, check=True)
    told = subprocess.run(
        [python, "-c", "import ipykernel; print(ipykernel.__version__)"], capture_output=True, check=True
    )
    version = told.stdout.decode().strip()
    assert re.match(r"7\.3\.", version), version
    print(f"ipykernel {version} in {OTHER.relative_to(HOME)}", flush=True)
    return python


if __name__ == "__main__":
    main()
