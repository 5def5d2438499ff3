"""Flowroute on your own machine: the other end of the wire, for practice, for tests, and for your own programs.

``python -m helpers.simulator`` serves it. Where things live:

* the network, which knows nothing of HTTP: ``network.py`` over ``account.py``, ``messages.py``, ``sending.py`` (what
  is a good message), ``lifecycle.py`` and ``outcomes.py`` (what becomes of it), ``inbox.py`` (the phones),
  ``catalogue.py`` (numbers for sale), ``callbacks.py`` and ``posting.py``, ``options.py``,
  ``journal.py`` (the request log), ``feed.py`` (news for pages);
* the API: ``app.py`` over ``routes/``, the JSON in ``wire/``, refusals in ``problems.py``, what breaks on request in
  ``faults.py``, and ``openapi.json``, which describes it all;
* the ways to it: ``transport.py`` without a socket, ``server/`` with one (``command_line.py``: what the commands share
  that start it), ``page/`` for people, ``pytest_plugin.py`` for tests;
* the evidence: ``behaviours.py``.
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
