"""The exercises of notebook 05: the wait before the next text, and a policy for a site of one's own."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from numbers import Real
from typing import Any, Final

from helpers.exercises.exercise import Exercise, Wrong
from helpers.exercises.trials import function, kind_of
from helpers.verification import Policy, SendBudget

_NOON: Final = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
_PAUSES: Final = (30, 60, 120, 240, 480, 600)
"""Seconds after each text, as the course's own policy has them; the last one stays."""
_OVER_A_DAY: Final = 86_410
"""Seconds: ten more than a day, which ``timedelta.seconds`` leaves out."""
_CENTS: Final = Decimal("1.2")
_A_DAY: Final = Decimal(2000)


# --- 05.1 -------------------------------------------------------------------------------------------------------------


def _judge_wait(answer: Any) -> str:
    wait_before_next = function(answer, "wait_before_next")
    if _seconds(wait_before_next([], _NOON)) != 0:
        raise Wrong("Nothing has been sent yet, so nobody has to wait. `wait_before_next([], now)` is 0.")
    for texts in (1, 2, 3, 4, 5, 6, 9):
        _judge_pause(wait_before_next, texts)
    return "The wait grows with each text, and a button that is pressed all night costs a few texts an hour."


def _judge_pause(wait_before_next: Any, texts: int) -> None:
    pause = _PAUSES[min(texts, len(_PAUSES)) - 1]
    sent = [_NOON + timedelta(hours=number) for number in range(texts)]
    for passed in (0, 10, pause - 1):
        handed_over = list(sent)
        given = _seconds(wait_before_next(handed_over, sent[-1] + timedelta(seconds=passed)))
        if handed_over != sent:
            raise Wrong("It changes the list that it is given. The caller still needs it: look, and take nothing out.")
        if given != pause - passed:
            raise Wrong(_what_is_wrong(given, texts=texts, passed=passed, pause=pause))
    early = _seconds(wait_before_next(list(sent), sent[-1] + timedelta(seconds=pause - 0.5)))
    if not 0.5 <= early <= 1:
        raise Wrong(f"{pause - 0.5} seconds after text {texts}, half a second is left. Yours says {early:g}.")
    for passed in (pause, pause + 1, _OVER_A_DAY):
        given = _seconds(wait_before_next(list(sent), sent[-1] + timedelta(seconds=passed)))
        if given != 0:
            days = " `.seconds` leaves out whole days: `.total_seconds()`." if passed == _OVER_A_DAY else ""
            raise Wrong(f"{passed} seconds after text {texts} the wait is over: 0, and yours says {given:g}.{days}")


def _what_is_wrong(given: float, *, texts: int, passed: int, pause: int) -> str:
    said = f"{passed} seconds after text {texts}, {pause - passed} seconds are left. Yours says {given:g}."
    if texts > 1 and given == max(0, _PAUSES[0] - passed):
        return f"{said} The wait doubles with each text that was sent."
    if given == 0 and texts > 1:
        return f"{said} Count from the last text, not from the first: `sent[-1]`."
    if given == 2 * pause - passed:
        return f"{said} That is one doubling too many: after the first text it is 30 seconds."
    if given > pause == _PAUSES[-1]:
        return f"{said} It never grows beyond ten minutes: `min`."
    if given == pause:
        return f"{said} Take off what has passed since the last text."
    return said


def _seconds(value: Any) -> float:
    if isinstance(value, timedelta):
        raise Wrong("It returns a timedelta. Return seconds: `.total_seconds()`.")
    if isinstance(value, bool) or not isinstance(value, Real | Decimal):
        raise Wrong(f"It returns {kind_of(value)}. Return the seconds, as a number.")
    return round(float(value), 3)


# --- 05.2 -------------------------------------------------------------------------------------------------------------


def _judge_policy(answer: Any) -> str:
    if isinstance(answer, SendBudget):
        raise Wrong("That is a budget. A policy holds it: `Policy(budget=…)`.")
    if not isinstance(answer, Policy):
        raise Wrong(f"`my_policy` is {kind_of(answer)}, not a Policy. It begins with `Policy(budget=SendBudget(`.")
    _judge_budget(answer.budget)
    if answer != Policy(budget=answer.budget):
        raise Wrong("Something besides the budget is another one than the course's. Leave the rest as it is.")
    return (
        "The money is the limit now, and Canada gets no text. The report of step 11 would still ask for one thing: "
        "that SECURITY.md names your `daily_messages`, since limits are written down (ASVS 6.1.1)."
    )


def _judge_budget(budget: SendBudget) -> None:
    if tuple(budget.regions) != ("US",):
        raise Wrong(f"Texts go to {', '.join(budget.regions)}, and your customers are in the US alone: `regions`.")
    _judge_price(Decimal(budget.segment_cents))
    if budget.daily_cents != _A_DAY:
        more = " Twenty dollars are 2000 cents." if budget.daily_cents == 20 else ""
        raise Wrong(f"`daily_cents` is {budget.daily_cents}, and the site can spend 20 dollars a day.{more}")
    can_buy = int(_A_DAY / _CENTS)
    if budget.daily_messages < can_buy:
        cost = budget.daily_messages * _CENTS / 100
        raise Wrong(
            f"After {budget.daily_messages:,} texts, which cost {cost:.2f} dollars, the count ends the day, not the "
            "money. How many texts do 20 dollars buy? `daily_messages`."
        )
    wanted = {"regions": budget.regions, "segment_cents": budget.segment_cents, "daily_cents": budget.daily_cents}
    if budget != SendBudget(**wanted, daily_messages=budget.daily_messages):  # type: ignore[arg-type]
        raise Wrong("Another limit of the budget was changed too. Four settings are asked for; leave the rest.")


def _judge_price(cents: Decimal) -> None:
    if cents == Decimal("0.012"):
        raise Wrong("`segment_cents` is in cents: 1.2, not 0.012.")
    if abs(cents - _CENTS) > Decimal("0.001"):
        raise Wrong(f"`segment_cents` is {cents:.4g}, and a text costs the site 1.2 cents.")
    if cents != _CENTS:
        raise Wrong('1.2 as a float is not quite 1.2. Make it from text: `Decimal("1.2")`.')


EXERCISES: Final = (
    Exercise(
        id="05.1",
        title="The wait that grows",
        task="""
Write `wait_before_next(sent, now)`: how many **seconds** until the next text may leave.

* `sent` is a list of the moments (`datetime`) of all texts since the last success, oldest first. It may be empty.
* After the first text it is half a minute; the wait doubles with each further text, up to ten minutes (600 seconds).
* The wait counts from the last text. Where it is over, or nothing was sent, the answer is 0.
""",
        cell="""
def wait_before_next(sent, now):
    # your code
    ...
""",
        answer="wait_before_next",
        hints=(
            "Three questions: was anything sent? How long is the wait after so many texts? How much of it is over?",
            "After n texts: `30 * 2 ** (n - 1)`, and `min` keeps it at 600.",
            "What is over: `(now - sent[-1]).total_seconds()`. And `max(0, …)`: a wait is never less than nothing.",
        ),
        solution="""
def wait_before_next(sent, now):
    if not sent:
        return 0
    pause = min(30 * 2 ** (len(sent) - 1), 600)
    return max(0, pause - (now - sent[-1]).total_seconds())
""",
        judge=_judge_wait,
    ),
    Exercise(
        id="05.2",
        title="A policy for your own site",
        task="""
Your site has customers in the US only. A text is one segment and costs 1.2 cents, and the site can spend 20 dollars a
day. Make the `Policy`. Money should end the day, not a count of the day's texts.

Run `SendBudget()` in a cell of its own: it shows all that can be set, and what the course has set. Prices are in cents,
`regions` are countries. Change what is needed (four settings), and leave everything else as it is.
""",
        cell="""
from decimal import Decimal

from helpers.verification import Policy, SendBudget

my_policy = ...
""",
        answer="my_policy",
        hints=(
            "`Policy(budget=SendBudget(…))`, with four settings of the budget.",
            'Countries: `regions=("US",)`. Money is in cents, as `Decimal`: a price of `Decimal("1.2")`.',
            "2000 cents buy 1666 texts of 1.2 cents, and the course allows a thousand a day: `daily_messages=1666`.",
        ),
        solution="""
from decimal import Decimal

from helpers.verification import Policy, SendBudget

my_policy = Policy(
    budget=SendBudget(
        regions=("US",),
        segment_cents=Decimal("1.2"),
        daily_cents=Decimal(2000),
        daily_messages=1666,
    )
)
""",
        judge=_judge_policy,
    ),
)
