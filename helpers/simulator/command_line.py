"""What the commands that serve something share: one line for a mistake, options of one kind, and an orderly end."""

from __future__ import annotations

import argparse
import signal
import threading
from typing import NoReturn


class OneLineParser(argparse.ArgumentParser):
    """Says what is wrong in one line instead of printing the whole usage first."""

    def error(self, message: str) -> NoReturn:
        """End with exit code 2."""
        self.exit(2, f"{self.prog}: {message}\n")


def port(text: str) -> int:
    """A port to listen on; 0 for a free one.

    Raises:
        argparse.ArgumentTypeError: it is none.
    """
    return whole_number(text, least=0, most=65_535)


def whole_number(text: str, *, least: int, most: int) -> int:
    """A number in decimal digits.

    Raises:
        argparse.ArgumentTypeError: it is none, or out of range; the message says the range.
    """
    if not text.isascii() or not text.isdigit() or len(text) > len(str(most)) or not least <= int(text) <= most:
        raise argparse.ArgumentTypeError(f"must be a whole number from {least} to {most}.")
    return int(text)


def cannot_listen(problem: OSError, *, host: str, port: int) -> str:
    """What to say where a server does not start."""
    reason = problem.strerror or str(problem)
    return f"cannot listen on {host} port {port}: {reason}. Try another --port, or 0."


def stop_signals() -> threading.Event:
    """An event that SIGTERM and Ctrl-C set; a second one ends the process at once."""
    stop = threading.Event()

    def end(number: int, _frame: object) -> None:
        signal.signal(number, signal.SIG_DFL)
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):  # SIGINT too: a shell's background job ignores it otherwise
        signal.signal(number, end)
    return stop


def wait_for(stop: threading.Event) -> None:
    """Wait until it is set: in turns, since on Windows a wait without an end hears no Ctrl-C."""
    while not stop.wait(0.5):
        pass
