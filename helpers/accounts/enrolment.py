"""Codes that bind a phone to an account, as the verifier sends and checks them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from helpers.accounts.errors import AskAnOperator
from helpers.flowroute import OutcomeUnknown, ServerError
from helpers.phone_numbers import PhoneNumber
from helpers.verification import ENROL, AuthenticatorDisabled, Verification, Verifier


class Enrolment:
    """Texts and checks those codes.

    A verifier refuses them for good once they were guessed at too often: then :class:`AskAnOperator` is raised.
    """

    def __init__(self, verifier: Verifier) -> None:
        self._verifier = verifier

    def text(self, number: str | PhoneNumber, *, account: str, client: str) -> Verification:
        """Text a code to a phone that is to be the account's."""
        with _operator_needed():
            return even_if_unknown(lambda: self._verifier.start(number, account=account, purpose=ENROL, client=client))

    def check(self, verification: str, code: str, *, account: str, clears: Sequence[str] | None = None) -> Verification:
        """Check what came back. ``clears`` as :meth:`Verifier.check` has it."""
        with _operator_needed():
            return self._verifier.check(verification, code, account=account, purpose=ENROL, clears=clears)

    def phone_of(self, verification: str, *, account: str) -> PhoneNumber:
        """Which phone a code went to.

        Raises:
            NotPending: unknown, or somebody else's.
        """
        return self._verifier.get(verification, account=account, purpose=ENROL).phone


def even_if_unknown(send: Callable[[], Verification]) -> Verification:
    """A text that may have left is waited for: its code works. Any other failure goes up to the caller."""
    try:
        return send()
    except (OutcomeUnknown, ServerError) as error:
        verification: Verification = error.verification
        return verification


@contextmanager
def _operator_needed() -> Iterator[None]:
    try:
        yield
    except AuthenticatorDisabled:
        raise AskAnOperator from None
