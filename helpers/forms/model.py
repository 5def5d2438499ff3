"""What every form of this course does: the model. It holds no widgets; :mod:`helpers.forms.view` shows it.

A form sends everything that stands in it in **one** message. Plain ipywidgets sends each field on its own, and a click
that follows typing can then read the older text. Here the browser reads all fields at the moment of the press, so
there is no older text; and since no field is a synced trait, no password or code can end up in saved widget state.

    press in the browser ─┐
                          ├─ one message {action, intent, values} ─ FormModel.press ─ act() ─ status, errors, values
    Form.type().press() ──┘
"""

from __future__ import annotations

import threading
import traceback
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Final, Literal

import traitlets

from helpers.clock import Clock
from helpers.display.static import ABOUT_A_TEXT
from helpers.phone_numbers import PhoneNumber, PhoneNumberError

SECRET_KINDS = frozenset({"password", "code"})
"""Kinds whose text is never shown again, never kept and never in a synced trait."""

CODE_DIGITS: Final = 6


@dataclass(frozen=True)
class Field:
    """One field. ``description`` is its visible label, ``hint`` one short line under it.

    ``looked_at``: while somebody types, its text goes to :meth:`FormModel.look`, whose words stand under it. A phone
    number is looked at always, a secret never.
    """

    name: str
    description: str
    kind: Literal["text", "password", "tel", "code", "textarea", "select"] = "text"
    value: str = field(default="", repr=False)  # in a live form it can be a real number
    placeholder: str = ""
    hint: str = ""
    options: tuple[tuple[str, str], ...] = ()
    required: bool = True
    maxlength: int | None = None
    autocomplete: str = "off"
    looked_at: bool = False

    def __post_init__(self) -> None:
        if self.value and self.secret:
            raise ValueError(f"The field {self.name!r} is a {self.kind}: it starts empty and cannot have a value=.")
        if self.looked_at and self.secret:
            raise ValueError(f"The field {self.name!r} is a {self.kind}: nobody looks at it while it is typed.")

    @property
    def secret(self) -> bool:
        """Whether its text must be forgotten after each press."""
        return self.kind in SECRET_KINDS


@dataclass(frozen=True)
class Action:
    """One button. Enter presses the primary one, and only that one insists on the required fields.

    ``texts``: it sends a text, which in live mode costs money. The first such press there is asked about: see
    :class:`Consent`. ``question``: each press is asked about in these words, in every mode; ``yes`` is the button then,
    and ``declined`` is what is said where the answer is *Not now*.
    """

    name: str
    label: str
    primary: bool = False
    texts: bool = False
    question: str = ""
    yes: str = "Send it"
    declined: str = "Nothing was sent."


@dataclass(frozen=True)
class HandOut:
    """Something secret that a form shows once: it goes to the browser in a message, and is kept nowhere.

    Attributes:
        words: what it is, and what to do with it.
        lines: texts to copy.
        picture: the source of an image; ``picture_words`` says what it shows, to those who cannot see it.
    """

    words: str
    lines: tuple[str, ...] = field(default=(), repr=False)
    picture: str = field(default="", repr=False)
    picture_words: str = ""


NOTHING: Final = HandOut("")


@dataclass(frozen=True)
class Countdown:
    """A line that counts down by the course's clock: ``words`` and the time left, then ``after``.

    Attributes:
        until_ms: UTC milliseconds. At that moment it is over (``now >= until``), as everywhere in this course.
    """

    words: str
    until_ms: int
    after: str


@dataclass(frozen=True)
class Look:
    """What a form says to a text that is still being typed: whether it would do, and words."""

    good: bool
    words: str


@dataclass
class Consent:
    """Whether a person has said, in live mode, that texts may be sent. Forms that belong together share one."""

    given: bool = False


ASK_FIRST: Final = (
    f"This is live: it sends a real text to a real phone, and costs {ABOUT_A_TEXT}. Send it? (You are asked once.)"
)


class FormRefused(Exception):
    """The work was refused; ``user_message`` says why. With ``field`` the words stand beside that field."""

    def __init__(self, user_message: str, field: str | None = None) -> None:
        super().__init__(user_message)
        self.user_message = user_message
        self.field = field


@dataclass(frozen=True)
class _Outcome:
    state: Literal["done", "refused", "asking"]
    status: str
    errors: Mapping[str, str]


_INTERRUPTED = _Outcome("refused", "This was interrupted. Look at what happened before you try again.", {})


class FormModel(traitlets.HasTraits):
    """A form without its widgets. Subclasses name the parts and write :meth:`act`."""

    title: str = "Form"
    notice: str = ""
    """Words above the fields, for what has to be known before anything is typed."""
    site: str = ""
    """The host whose page this form stands for, shown as an address; codes for other sites are not offered here."""
    fields: tuple[Field, ...] = ()
    actions: tuple[Action, ...] = (Action("submit", "Submit", primary=True),)

    mode = traitlets.Enum(("practice", "live"), default_value="practice")
    status = traitlets.Unicode("", help="words: what happened, or why the form is disabled")
    state = traitlets.Enum(("idle", "working", "done", "refused", "asking"), default_value="idle")
    errors = traitlets.Dict(help="field name → words beside that field")
    values = traitlets.Dict(help="field name → text to put there; {} when a press begins; secrets can only be emptied")
    disabled = traitlets.Bool(False, help="nothing can be pressed yet; `status` says why")
    countdowns = traitlets.Tuple(help="the Countdown lines below the buttons")
    intent = traitlets.Int(0, help="the number of the next press; a press that carries another one is ignored")

    def __init__(
        self,
        *,
        title: str = "",
        site: str = "",
        clock: Clock | None = None,
        consent: Consent | None = None,
        **traits: Any,
    ) -> None:
        """``clock`` is needed by countdowns alone; forms that share a ``consent`` ask once in all."""
        super().__init__(**traits)
        self.title = title or self.title
        self.site = site or self.site
        self.clock = clock
        self.last_error: Exception | None = None
        self._consent = consent or Consent()
        self._lock = threading.Lock()
        self._busy = False
        self._screens: list[Callable[[dict[str, Any]], None]] = []

    def now_ms(self) -> int:
        """Now by the course's clock, UTC milliseconds; 0 for a form without one."""
        return self.clock.now_ms() if self.clock else 0

    @property
    def texts(self) -> bool:
        """Whether this form can send a text."""
        return any(action.texts for action in self.actions)

    def tell(self, message: dict[str, Any]) -> None:
        """Send a message to the screens where this form is. It is kept nowhere, so it may hold a secret."""
        for screen in self._screens:
            screen(message)

    def hand_out(self, what: HandOut) -> None:
        """Show something secret on the screens where this form is; :data:`NOTHING` takes it away again."""
        self.tell({"kind": "hand-out", **asdict(what)})

    def take_focus(self) -> None:
        """It is this form's turn: the cursor goes there, if it is in a form of the same cell now."""
        self.tell({"kind": "focus"})

    def arrived(self) -> None:
        """A screen has just drawn this form. Subclasses tell it what a trait must not hold."""

    def act(self, action: str, values: Mapping[str, str]) -> str | None:
        """Do the work. Returns the words for success, or raises: see :meth:`press`."""
        raise NotImplementedError

    def look(self, name: str, text: str) -> Look | None:
        """What to say to a text while it is typed into the field ``name``; None for nothing. Must be quick."""
        kinds = {field.name: field.kind for field in self.fields}
        return look_at_number(text) if kinds.get(name) == "tel" else None

    def press(self, action: str, values: dict[str, str], *, intent: int | None = None, confirmed: bool = False) -> None:
        """Do one action once; the only way in, for the browser and for cells alike. Raises nothing.

        An error with a ``user_message`` is shown in its words, beside the field that its ``field`` names, if any.
        Any other error is kept in :attr:`last_error`, without the values it worked on.

        Args:
            action: the name of one of :attr:`actions`.
            values: field name → text. Emptied when the press is over, so that no secret stays in memory.
            intent: the number the form showed when it was pressed. A second click carries the first one's number and
                does nothing; so does any press while another is at work. None: not checked.
            confirmed: the person was asked, whether a real text may be sent or what the button asks, and said yes.
        """
        if not self._begin(intent):
            values.clear()
            return
        outcome = _INTERRUPTED
        try:
            outcome = self._try(action, values, confirmed=confirmed)
        finally:
            values.clear()
            self._end(outcome)

    def _begin(self, intent: int | None) -> bool:
        with self._lock:
            if self._busy or intent not in (None, self.intent):
                return False
            self._busy = True
        if not self.disabled:
            with self.hold_trait_notifications():
                self.state, self.status, self.errors, self.values = "working", "", {}, {}
        return True

    def _end(self, outcome: _Outcome) -> None:
        try:
            with self.hold_trait_notifications():
                self.state, self.status, self.errors = outcome.state, outcome.status, dict(outcome.errors)
                self.intent += 1
        finally:
            self._busy = False

    def _try(self, action: str, values: Mapping[str, str], *, confirmed: bool) -> _Outcome:
        try:
            refusal = self._refusal(action, values)
            if refusal:
                return refusal
            question = self._question(action, confirmed=confirmed)
            if question:
                return _Outcome("asking", question, {})
            known = {field.name: values.get(field.name, "") for field in self.fields}
            try:
                return _Outcome("done", self.act(action, known) or "Done.", {})
            finally:
                known.clear()
        except Exception as problem:
            return self._in_words(problem)

    def _question(self, action: str, *, confirmed: bool) -> str:
        """What to ask before this press is carried out; "" for nothing."""
        own = next((known.question for known in self.actions if known.name == action), "")
        if self._must_ask(action, confirmed=confirmed):
            return ASK_FIRST
        return "" if confirmed else own

    def _must_ask(self, action: str, *, confirmed: bool) -> bool:
        """Whether this press would send the first real text, and nobody has said yes to it."""
        sends = any(known.texts for known in self.actions if known.name == action)
        if self.mode != "live" or not sends:
            return False
        self._consent.given = self._consent.given or confirmed
        return not self._consent.given

    def _refusal(self, action: str, values: Mapping[str, str]) -> _Outcome | None:
        """Why this press cannot go to :meth:`act` at all, or None."""
        if self.disabled:
            return _Outcome("refused", self.status or "This form is not ready yet.", {})
        pressed = next((known for known in self.actions if known.name == action), None)
        if pressed is None:
            names = ", ".join(known.name for known in self.actions)
            return _Outcome("refused", f"This form has no action {action!r}. It has: {names}.", {})
        if pressed.primary:
            empty = [field for field in self.fields if field.required and not values.get(field.name, "").strip()]
            if empty:
                words = f"Fill in: {', '.join(field.description for field in empty)}."
                return _Outcome("refused", words, {field.name: "Fill this in." for field in empty})
        return None

    def _in_words(self, problem: Exception) -> _Outcome:
        words = getattr(problem, "user_message", None)
        if not isinstance(words, str):
            self.last_error = problem
            _forget_locals(problem)
            name = type(problem).__name__
            words = f"Something went wrong on our side ({name}). Nothing was lost: try again."
            return _Outcome("refused", words, {})
        field = getattr(problem, "field", None)
        return _Outcome("refused", words, {field: words} if field in {known.name for known in self.fields} else {})


def look_at_number(text: str) -> Look | None:
    """A number as people write it, with its country; or what is still wrong with it."""
    if not text.strip():
        return None
    try:
        number = PhoneNumber.parse(text)
    except PhoneNumberError as problem:
        return Look(good=False, words=problem.user_message)
    return Look(good=True, words=f"{number.national}, {number.region}")


def _forget_locals(problem: BaseException | None) -> None:
    """Keep an error's line numbers, but not the passwords in the variables of its frames."""
    if problem is not None:
        traceback.clear_frames(problem.__traceback__)
        _forget_locals(problem.__cause__)
        _forget_locals(problem.__context__)
