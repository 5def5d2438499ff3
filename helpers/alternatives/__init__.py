"""Ways out of SMS: an authenticator app (TOTP), and recovery codes on paper.

``totp.py`` and ``recovery.py`` have one of them each; ``tables.py`` is what is kept, ``sealing.py`` how a secret is
kept that must be readable again, ``errors.py`` what can go wrong, ``notice.py`` what people are told about texts.
"""

from helpers.alternatives.errors import (
    NoRecoveryCodes,
    NoTotp,
    RecoveryCodesDisabled,
    TotpDisabled,
    TotpSetupOver,
    TotpUsed,
    WrongRecoveryCode,
    WrongTotp,
)
from helpers.alternatives.notice import RESTRICTED_NOTICE
from helpers.alternatives.recovery import RECOVERY, RecoveryCodes, RecoveryCodeSet
from helpers.alternatives.totp import SETUP_LIFETIME, TOTP, Totp, TotpSetup

__all__ = [
    "RECOVERY",
    "RESTRICTED_NOTICE",
    "SETUP_LIFETIME",
    "TOTP",
    "NoRecoveryCodes",
    "NoTotp",
    "RecoveryCodeSet",
    "RecoveryCodes",
    "RecoveryCodesDisabled",
    "Totp",
    "TotpDisabled",
    "TotpSetup",
    "TotpSetupOver",
    "TotpUsed",
    "WrongRecoveryCode",
    "WrongTotp",
]
