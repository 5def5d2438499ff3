"""The second factor: codes by text, checked so that they can be guessed neither one by one nor all at once.

``verifier.py`` is the way in; ``policy.py`` has the numbers; ``sending.py`` and ``guard.py`` are about texts;
``store.py`` has the statements that decide, over ``tables.py``; ``audit.py`` writes down who did what.
"""

from helpers.verification.audit import AuditEntry, AuditLog
from helpers.verification.codes import CodeKeys
from helpers.verification.delivery import Delivery
from helpers.verification.errors import (
    AuthenticatorDisabled,
    ChecksPaused,
    CodeExpired,
    CodeReplaced,
    CodeStillGood,
    InvalidCode,
    NotPending,
    SendLimitReached,
    TooManyChecks,
    TooSoon,
    VerificationError,
    WrongCode,
)
from helpers.verification.guard import Alarm, SendFigures, SendGuard
from helpers.verification.limits import Limits
from helpers.verification.policy import Policy, PolicyError, ResendPolicy, SendBudget
from helpers.verification.sending import ENROL, SMS, SMS_BINDING
from helpers.verification.store import Store
from helpers.verification.verifier import Denied, Verification, Verifier

__all__ = [
    "ENROL",
    "SMS",
    "SMS_BINDING",
    "Alarm",
    "AuditEntry",
    "AuditLog",
    "AuthenticatorDisabled",
    "ChecksPaused",
    "CodeExpired",
    "CodeKeys",
    "CodeReplaced",
    "CodeStillGood",
    "Delivery",
    "Denied",
    "InvalidCode",
    "Limits",
    "NotPending",
    "Policy",
    "PolicyError",
    "ResendPolicy",
    "SendBudget",
    "SendFigures",
    "SendGuard",
    "SendLimitReached",
    "Store",
    "TooManyChecks",
    "TooSoon",
    "Verification",
    "VerificationError",
    "Verifier",
    "WrongCode",
]
