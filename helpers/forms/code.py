"""The code form: one field for the six digits, what a phone would offer to fill in, and *Send a new code*."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, Protocol

from helpers.clock import to_ms
from helpers.errors import CourseError
from helpers.forms.model import Action, Consent, Countdown, Field, FormModel
from helpers.forms.view import Form
from helpers.verification import AuthenticatorDisabled, CodeExpired, NotPending, TooManyChecks, Verification

EXPIRED: Final = "The code has expired. Ask for a new one."
EXPIRED_AND_NO_MORE: Final = "The code has expired, and it was the last one. Start again above."
THE_CODE_IS_OVER: Final = (CodeExpired, TooManyChecks, NotPending, AuthenticatorDisabled)
"""After these errors no code can be right any more."""


class OffersCodes(Protocol):
    """A phone that reads its texts. It offers a code for the site that the text's last line names, and for no other."""

    def offer(self, host: str, *, since_ms: int = 0) -> str | None:
        """The code of the newest text, if it is for this site and arrived since then (UTC milliseconds)."""

    def on_texts(self, listener: Callable[[], None], /) -> Callable[[], None]:
        """Call ``listener`` whenever the texts on the phone have changed; returns a function that ends it."""


class CodeModel(FormModel):
    """Hands the code on. It is disabled until a code was sent: call :meth:`expect`.

    Args:
        waiting: the words until then.
        messages: the phone beside the form, which offers codes for the form's ``site``.
        options: those of :class:`FormModel`.
    """

    title = "Your code"
    fields = (Field("code", "Code", kind="code", autocomplete="one-time-code", maxlength=32, hint="From the text."),)
    actions = (Action("submit", "Check the code", primary=True), Action("resend", "Send a new code", texts=True))

    def __init__(self, *, waiting: str, messages: OffersCodes | None = None, **options: Any) -> None:
        super().__init__(disabled=True, status=waiting, **options)
        self._waiting = waiting
        self._messages = messages
        self._since_ms: int | None = None
        self._check: Callable[[str], str] | None = None
        self._resend: Callable[[], str] | None = None
        if messages is not None:
            messages.on_texts(self._offer)

    def expect(
        self,
        *,
        check: Callable[[str], str],
        resend: Callable[[], str],
        verification: Verification | None = None,
        since_ms: int = 0,
    ) -> None:
        """A code was sent: from now on ``check`` and ``resend`` are called; each returns the words to show.

        Args:
            verification: what the code belongs to, for the countdowns.
            since_ms: when sending began (UTC milliseconds): a text that came earlier holds an older code.
        """
        self._check, self._resend = check, resend
        with self.hold_trait_notifications():
            self.disabled, self.state, self.status, self.errors = False, "idle", "", {}
            self.count_down(verification)
        self._since_ms = since_ms
        self._offer()
        self.take_focus()

    def count_down(self, verification: Verification | None) -> None:
        """Show how long the code works and when a new one may be asked for; nothing for None."""
        self.countdowns = _countdowns(verification) if verification and self.clock else ()

    def stop(self) -> None:
        """Nothing is expected any more, because something newer was begun."""
        self._check = self._resend = self._since_ms = None
        with self.hold_trait_notifications():
            self.disabled, self.state, self.status, self.countdowns = True, "idle", self._waiting, ()
        self._offer()

    def act(self, action: str, values: Mapping[str, str]) -> str:
        """Check, or send a new one. Raises what the two callables raise."""
        if self._check is None or self._resend is None:
            raise CodeNotExpected
        if action == "resend":
            began = self.now_ms()
            words = self._resend()
            self._since_ms = began
            self._offer()
            return words
        try:
            words = self._check(values["code"])
        except THE_CODE_IS_OVER:
            self._code_is_over(self.countdowns[1:])
            raise
        finally:
            self.values = {"code": ""}
        self._code_is_over()
        return words

    def _code_is_over(self, countdowns: tuple[Countdown, ...] = ()) -> None:
        """It is neither offered nor said to work any more; when a new one may be asked for may still count down."""
        self.countdowns = countdowns
        self._since_ms = None
        self._offer()

    def arrived(self) -> None:
        """A screen has just drawn the form: tell it what the phone offers now."""
        self._offer()

    def _offer(self) -> None:
        """In a message and not in a trait, since it is a code."""
        offered = None
        if self._messages is not None and self._since_ms is not None:
            offered = self._messages.offer(self.site, since_ms=self._since_ms)
        self.tell({"kind": "offer", "field": "code", "code": offered or ""})


class CodeNotExpected(CourseError):
    """Nobody has sent a code yet."""

    user_message = "No code has been sent yet."


def _countdowns(verification: Verification) -> tuple[Countdown, ...]:
    until = to_ms(verification.expires_at)
    if not verification.sends_left:
        return (Countdown("The code works for", until, EXPIRED_AND_NO_MORE),)
    expires = Countdown("The code works for", until, EXPIRED)
    again = Countdown("You can ask for a new one in", to_ms(verification.resend_at), "You can ask for a new one now.")
    return expires, again


def code_model(waiting: str, options: dict[str, Any]) -> CodeModel:
    """The model of the code form that stands below another form.

    Args:
        options: of both forms. What only this one needs, ``messages``, is taken out, and one
            :class:`~helpers.forms.model.Consent` is put in: together they ask once whether a real text may be sent.
    """
    options.setdefault("consent", Consent())
    return CodeModel(waiting=waiting, messages=options.pop("messages", None), **options)


def code_form(*, waiting: str = "First ask for a code above.", **options: Any) -> Form:
    """The form, disabled with the words ``waiting`` until its model is told to expect a code.

    ``options`` are those of :class:`CodeModel`.
    """
    return Form(CodeModel(waiting=waiting, **options))
