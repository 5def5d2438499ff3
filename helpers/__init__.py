"""SMS two-factor authentication with Flowroute: the public names, nothing else."""

from helpers.accounts import Accounts
from helpers.clock import Clock
from helpers.flowroute import FlowrouteClient
from helpers.phone_numbers import PhoneNumber
from helpers.settings import Settings
from helpers.verification import Policy, Store, Verifier

__all__ = ["Accounts", "Clock", "FlowrouteClient", "PhoneNumber", "Policy", "Settings", "Store", "Verifier"]
