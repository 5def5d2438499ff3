"""A process that serves the app and is killed at a step of its work (``SIGKILL``: no clean-up, no ``finally``)."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable
from datetime import timedelta
from multiprocessing.connection import Connection as Pipe
from pathlib import Path
from typing import Any, Final

from helpers.clock import Clock
from helpers.flowroute import MessageRecord, NotFound, SentMessage
from helpers.phone_numbers import PhoneNumber
from helpers.settings import Settings

STEPS: Final = ("note", "noted", "look up", "looked up", "take", "act", "acted", "tell", "told")
SENT_FILE: Final = "sent"
SENDER, NUMBER = PhoneNumber("+12065550100"), PhoneNumber("+12065550199")


class FileFlowroute:
    """Knows some texts by a file, and writes down each text it is given: both outlive a process."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        self._folder = folder
        self._clock = clock

    def get_message(self, message_id: str, **_: Any) -> MessageRecord:
        texts = json.loads((self._folder / "texts").read_text())
        if message_id not in texts:
            raise NotFound(404)
        return MessageRecord(
            id=message_id,
            status="delivered",
            direction="inbound",
            to=NUMBER,
            from_=SENDER,
            body=texts[message_id],
            amount_nanodollars=None,
            amount_display="",
            message_encoding=0,
            message_type="longcode",
            is_mms=False,
            timestamp=self._clock.now() + timedelta(seconds=1),
            receipts=(),
        )

    def send_message(self, *, body: str, **_: Any) -> SentMessage:
        with (self._folder / SENT_FILE).open("a", encoding="utf-8") as file:
            file.write(body.replace("\n", " ") + "\n")
        return SentMessage("mdr2-" + "1" * 32)


def die() -> None:
    """At once."""
    os.kill(os.getpid(), signal.SIGKILL)


def around(owner: Any, name: str, *, before: bool, after: bool) -> None:
    """Die before or after a method does its work."""
    method: Callable[..., Any] = getattr(owner, name)

    def dying(*arguments: Any, **options: Any) -> Any:
        if before:
            die()
        result = method(*arguments, **options)
        if after:
            die()
        return result

    setattr(owner, name, dying)


def serve(folder: str, step: str, pipe: Pipe) -> None:
    """Serve, and die at a step."""
    os.environ.update(TWO_FACTOR_COURSE_DIR=folder, TWO_FACTOR_ENV_FILE=str(Path(folder) / "none"))
    from webhooks_site import Site
    from werkzeug.serving import make_server

    settings = Settings.load(clock=Clock.standing_still(), database="webhooks")
    site = Site(settings, connected=False, flowroute=FileFlowroute(Path(folder), settings.clock))
    callbacks = site.callbacks
    owners = {
        "note": (callbacks, "note"),
        "look up": (callbacks, "_record"),
        "take": (callbacks._store, "take"),
        "act": (callbacks._replies, "act"),
        "tell": (site.verifier, "tell"),
    }
    done = {"noted": "note", "looked up": "look up", "acted": "act", "told": "tell"}
    owner, name = owners[done.get(step, step)]
    around(owner, name, before=step not in done, after=step in done)
    server = make_server("127.0.0.1", 0, site.app)
    pipe.send((server.server_port, site.path))
    server.serve_forever()
