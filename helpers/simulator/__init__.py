"""Flowroute on your own machine: the other end of the wire, for practice, for tests, and for your own programs.

``network.py`` holds the state and the rules, ``wire.py`` the JSON, ``app.py`` the routes, ``transport.py`` the way to
it without a socket, ``behaviours.py`` the evidence. ``python -m helpers.simulator`` serves it.
"""

from helpers.simulator.app import create_app
from helpers.simulator.inbox import Inbox
from helpers.simulator.messages import ReceivedText
from helpers.simulator.network import SimulatedNetwork
from helpers.simulator.transport import SimulatorAdapter

__all__ = ["Inbox", "ReceivedText", "SimulatedNetwork", "SimulatorAdapter", "create_app"]
