"""The first factor, and what it takes to be signed in.

right password → *ticket* → code on the saved, confirmed phone → *session*.

``accounts.py`` is the way in; ``passwords.py``, ``sessions.py``, ``phones.py`` and ``other_ways.py`` have one idea
each; ``errors.py`` draws what can go wrong; ``tables.py`` is what is kept.
"""

from helpers.accounts.accounts import COOLING_OFF, REAUTHENTICATE_WITHIN, Accounts
from helpers.accounts.denials import SIGN_IN
from helpers.accounts.errors import (
    AccountError,
    AskAnOperator,
    NameTaken,
    NoChangeWaiting,
    NoConfirmedPhone,
    NotSignedIn,
    PasswordRefused,
    PhoneAlreadyConfirmed,
    PhoneUnchanged,
    SignInAgain,
    SignInRefused,
    SlowDown,
    SmsSwitchedOff,
)
from helpers.accounts.other_ways import Ways
from helpers.accounts.passwords import (
    COMMON_PASSWORDS,
    FREE_TRIES,
    MAX_PASSWORD_LENGTH,
    MAX_WAIT,
    MIN_PASSWORD_LENGTH,
)
from helpers.accounts.phones import PhoneChange
from helpers.accounts.sessions import SESSION_LIFETIME, TICKET_LIFETIME, PendingSignIn, Session, Ticket, Way

__all__ = [
    "COMMON_PASSWORDS",
    "COOLING_OFF",
    "FREE_TRIES",
    "MAX_PASSWORD_LENGTH",
    "MAX_WAIT",
    "MIN_PASSWORD_LENGTH",
    "REAUTHENTICATE_WITHIN",
    "SESSION_LIFETIME",
    "SIGN_IN",
    "TICKET_LIFETIME",
    "AccountError",
    "Accounts",
    "AskAnOperator",
    "NameTaken",
    "NoChangeWaiting",
    "NoConfirmedPhone",
    "NotSignedIn",
    "PasswordRefused",
    "PendingSignIn",
    "PhoneAlreadyConfirmed",
    "PhoneChange",
    "PhoneUnchanged",
    "Session",
    "SignInAgain",
    "SignInRefused",
    "SlowDown",
    "SmsSwitchedOff",
    "Ticket",
    "Way",
    "Ways",
]
