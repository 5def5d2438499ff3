"""The second factor: codes by text, checked so that they can be guessed neither one by one nor all at once."""

from helpers.verification.errors import (
    AuthenticatorDisabled,
    CodeExpired,
    CodeReplaced,
    InvalidCode,
    NotPending,
    SendLimitReached,
    TooManyChecks,
    TooSoon,
    VerificationError,
    WrongCode,
)
from helpers.verification.policy import Policy, PolicyError
from helpers.verification.store import Store
from helpers.verification.verifier import Verification, Verifier

__all__ = [
    "AuthenticatorDisabled",
    "CodeExpired",
    "CodeReplaced",
    "InvalidCode",
    "NotPending",
    "Policy",
    "PolicyError",
    "SendLimitReached",
    "Store",
    "TooManyChecks",
    "TooSoon",
    "Verification",
    "VerificationError",
    "Verifier",
    "WrongCode",
]
