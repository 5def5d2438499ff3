"""Attack 12 by hand: one code, and two pages that ask for it. One is the bank's, one only looks like it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from helpers import Settings
from helpers.forms import Beside, ClockKnob, Phone, Stack, code_form
from helpers.forms.view import Form
from naive.scene import ANA, OurSignIn

FALSE_SITE: Final = "bank-example.test"
ON_THE_BANKS_PAGE: Final = "You are signed in. The page is the bank's, and your phone knew it."
ON_THE_FALSE_PAGE: Final = (
    "The thief is signed in: this page passed your code on to the bank. It may sign you in too, so that you notice "
    "nothing."
)


class TwoPages(Beside):
    """A sign-in of Ana's waits for its code. Her phone offers it on one of the two pages."""

    def __init__(self, practice: Settings) -> None:
        """Text the code.

        Args:
            practice: settings of a form, so that time runs.
        """
        self._practice = practice
        self._began = practice.clock.now_ms()
        self._sign_in = OurSignIn(practice)
        practice.clock.advance(seconds=2)  # the text arrives
        self.phone = Phone(inbox=practice.inbox, number=ANA, clock=practice.clock)
        self.real = self._page(practice.origin, words=ON_THE_BANKS_PAGE)
        self.false = self._page(FALSE_SITE, words=ON_THE_FALSE_PAGE)
        super().__init__(Stack(self.real, self.false), Stack(self.phone, ClockKnob(practice.clock), grow=False))

    def _page(self, site: str, *, words: str) -> Form:
        form = code_form(site=site, title=f"Your code, at {site}", clock=self._practice.clock, messages=self.phone)
        form.model.expect(check=self._check(words), resend=self._text_again, since_ms=self._began)
        return form

    def _check(self, words: str) -> Callable[[str], str]:
        def check(code: str) -> str:
            self._sign_in.guess(code)
            return words

        return check

    def _text_again(self) -> str:
        self._sign_in.another_text()
        return "A new code is on its way. The older one no longer works."
