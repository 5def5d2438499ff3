"""What can stand between a person and a sign-in without a text.

VerificationError
├── WrongTotp             compared, and not what the app shows
│   └── TotpUsed          it is, and it was used already
├── WrongRecoveryCode     none of those that are left
├── NoTotp                the account has no authenticator app
├── NoRecoveryCodes       the account has none, or none left
├── TotpSetupOver         no app is waiting for its first code
└── AuthenticatorDisabled
    ├── TotpDisabled           too many wrong codes of an app
    └── RecoveryCodesDisabled  too many wrong recovery codes

All of them are told to the holder of a right password only.
"""

from __future__ import annotations

from helpers.verification import AuthenticatorDisabled, VerificationError


class WrongTotp(VerificationError):
    """The code was compared and is not one that the app shows now."""

    user_message = (
        "That is not the code that your app shows now. Wait for its next one. If that fails too, let your phone set "
        "its clock by itself."
    )


class TotpUsed(WrongTotp):
    """A code that was accepted is not accepted again, nor one before it (RFC 6238 §5.2)."""

    user_message = "That code was used already. Wait for the next one that your app shows."


class WrongRecoveryCode(VerificationError):
    """None of the account's recovery codes that are left."""

    user_message = "That is none of your recovery codes that are left. Each of them works once."


class NoTotp(VerificationError):
    """The account has no authenticator app, or its secret cannot be read any more because its key is gone."""

    user_message = "This account has no authenticator app. Use another way to sign in."


class NoRecoveryCodes(VerificationError):
    """The account has no recovery codes: none were made, all were used, or their key is gone."""

    user_message = "This account has no recovery codes left. Use another way to sign in."


class TotpSetupOver(VerificationError):
    """No app is waiting for its first code: none was begun, or ten minutes have passed."""

    user_message = "That took too long. Start again to get a new QR code."


class TotpDisabled(AuthenticatorDisabled):
    """The app's failures reached the cap (NIST SP 800-63B-4 §3.2.2): off until an app is set up again."""

    user_message = (
        "Codes of your authenticator app are switched off after too many wrong ones. Sign in another way, then set the "
        "app up again."
    )


class RecoveryCodesDisabled(AuthenticatorDisabled):
    """Too many wrong recovery codes (NIST SP 800-63B-4 §3.2.2): off until new ones are made."""

    user_message = (
        "Your recovery codes are switched off after too many wrong ones. Sign in another way, then make new ones."
    )
