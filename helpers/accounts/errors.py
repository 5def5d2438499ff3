"""What can stand between a person and their account.

AccountError
├── NameTaken             the account exists already
├── PasswordRefused       too short, too long, or one that everybody tries first
├── SignInRefused         unknown user or wrong password
├── SlowDown              too many wrong passwords from here            retry_after
├── NotSignedIn           the ticket or the session is unknown, used or too old
├── SignInAgain           signed in, but too long ago for this
├── NoConfirmedPhone      no phone yet that a code confirmed
├── PhoneAlreadyConfirmed there is one, and enrolling is not the way to change it
├── PhoneUnchanged        the new phone is the one the account has
├── NoChangeWaiting       no change of phone to cancel
├── SmsSwitchedOff        too many wrong codes: the phone must be bound again first
└── AskAnOperator         too many wrong codes for binding too: nothing here helps any more
"""

from __future__ import annotations

from datetime import timedelta

from helpers.errors import CourseError
from helpers.verification.errors import in_words


class AccountError(CourseError):
    """Anything that stops a registration, an enrolment or a sign-in; ``user_message`` says it to the person."""

    user_message = "That did not work."

    def __init__(self, user_message: str | None = None) -> None:
        if user_message is not None:
            self.user_message = user_message
        super().__init__(self.user_message)


class NameTaken(AccountError):
    """The account exists already. Where people choose their names, this cannot be hidden."""

    user_message = "That user name is taken. Choose another."


class PasswordRefused(AccountError):
    """Too short, too long, or on the blocklist."""


class SignInRefused(AccountError):
    """Unknown user or wrong password: nobody is told which (OWASP ASVS 5.0, 6.3.8)."""

    user_message = "User name or password is wrong."


class SlowDown(AccountError):
    """Too many wrong passwords for this name from this client; the right one works again after ``retry_after``."""

    def __init__(self, retry_after: timedelta) -> None:
        self.retry_after = retry_after
        super().__init__(f"Too many tries. Wait {in_words(retry_after)} and try again.")


class NotSignedIn(AccountError):
    """The ticket or the session is unknown, used or too old."""

    user_message = "This sign-in is over: its time is up, or it was used. Sign in again."


class SignInAgain(AccountError):
    """Signed in, but too long ago to change how the account is signed in to (OWASP ASVS 5.0, 7.5.1)."""

    user_message = "To change your phone, sign in again first. We want to be sure that it is you."


class NoConfirmedPhone(AccountError):
    """The account has no phone that was confirmed by a code."""

    user_message = "This account has no confirmed phone yet. Add your phone first."


class PhoneAlreadyConfirmed(AccountError):
    """The account has a confirmed phone; changing it is not part of signing in."""

    user_message = "This account has a phone already. Sign in with it."


class PhoneUnchanged(AccountError):
    """The phone to change to is the one that the account has."""

    user_message = "That is the phone this account has already."


class NoChangeWaiting(AccountError):
    """There is no change of phone to cancel: none was asked for, or it has ended, or it has taken effect."""

    user_message = "No change of phone is waiting. Your account page says which phone gets your codes."


class SmsSwitchedOff(AccountError):
    """Codes by text are off after too many wrong ones, and who typed those must not name another phone now."""

    user_message = (
        "Codes by text are switched off for this account after too many wrong ones. Confirm the phone it has, then "
        "you can change it."
    )


class AskAnOperator(AccountError):
    """Too many wrong codes for binding a phone as well: only :meth:`Verifier.restore_sms` helps, or a way without SMS.

    (Somebody who can guess at every code they ask for must meet an end: NIST SP 800-63B-4 §3.2.2.)
    """

    user_message = (
        "Too many wrong codes: this account can't confirm a phone by itself any more. Ask our staff; they will want to "
        "know who you are."
    )
