"""Flowroute on your own machine: the other end of the wire, for practice, for tests, and for your own programs.

``network.py`` holds the state and the rules, ``routes/`` and ``app.py`` the API, ``wire.py`` and ``payloads.py`` the
JSON, ``page/`` what a person sees, ``transport.py`` and ``server.py`` the two ways to it, ``behaviours.py`` the
evidence.
``python -m helpers.simulator`` serves it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpers.simulator.app import create_app
from helpers.simulator.faults import Fault
from helpers.simulator.inbox import Inbox
from helpers.simulator.messages import ReceivedText
from helpers.simulator.network import SimulatedNetwork
from helpers.simulator.outcomes import OUTCOMES

if TYPE_CHECKING:
    from helpers.simulator.transport import SimulatorAdapter

__all__ = ["OUTCOMES", "Fault", "Inbox", "ReceivedText", "SimulatedNetwork", "SimulatorAdapter", "create_app"]


def __getattr__(name: str) -> object:
    if name != "SimulatorAdapter":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    # Here, since it brings requests, which a served simulator can do without.
    from helpers.simulator.transport import SimulatorAdapter

    return SimulatorAdapter
