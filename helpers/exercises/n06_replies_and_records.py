"""The exercises of notebook 06: what a text means, and a webhook that believes nothing and loses nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, NamedTuple

from helpers.database import DatabaseUnavailable
from helpers.exercises.exercise import Exercise, Wrong
from helpers.exercises.trials import function, kind_of
from helpers.flowroute import NotFound, ServerError

_TEXTS: Final = (
    ("STOP", "STOP", "It is nothing but the word."),
    ("unstop", "UNSTOP", "Upper or lower case makes no difference, and UNSTOP is not STOP."),
    (" Help\n", "HELP", "Spaces and a new line around it make no difference."),
    ("no", "NO", "It is nothing but the word."),
    ("No!", "NO", "A NO may end like a sentence."),
    ("  NO. ", "NO", "A NO may end like a sentence, with spaces around it."),
    ("Please don't stop", "other", "STOP counts only alone: somebody who writes a sentence has not opted out."),
    ("Stop.", "other", "Flowroute hears STOP only bare, without a full stop. What you remember must be what it does."),
    ("Help!", "other", "Only a NO may also end like a sentence."),
    ("No problem, thanks", "other", "NO counts only alone: this person says the opposite."),
    ("Now", "other", "It only begins like NO."),
    ("No 2", "other", "NO counts only alone: here a digit stands behind it."),
    ("un stop", "other", "Spaces make no difference around a word; inside one they make it another."),
    ("", "other", "An empty text is none of the words."),
    ("YES, that was me", "other", "It is none of the four words."),
)


def _judge_understand(answer: Any) -> str:
    understand = function(answer, "understand")
    for body, meant, why in _TEXTS:
        heard = understand(body)
        if heard not in ("STOP", "UNSTOP", "HELP", "NO", "other"):
            said = f"“{heard}”" if isinstance(heard, str) else kind_of(heard)
            raise Wrong(f"For {body!r} it returns {said}. Return one of the five texts of the task.")
        if heard != meant:
            raise Wrong(f"{body!r} means {meant}, and yours says {heard}. {why}")
    return "It hears what Flowroute hears, and no more than people mean."


# --- 06.2 -------------------------------------------------------------------------------------------------------------


class _Record(NamedTuple):
    """What Flowroute keeps of a message, as far as the exercise needs it."""

    id: str
    body: str


def _post(message_id: str, body: str) -> dict[str, str]:
    return {"id": message_id, "from": "12065550100", "to": "12065550199", "body": body}


def _id(letter: str) -> str:
    return f"mdr2-{letter * 32}"


class _Trial:
    """A webhook with everything round it: Flowroute's records, what was done, and a database that may be away."""

    def __init__(self, handle: Callable[..., Any], records: tuple[_Record, ...]) -> None:
        self._handle = handle
        self.records = {record.id: record for record in records}
        self.acted: list[object] = []
        self.database_away = False
        self.flowroute_away = False
        self.done: set[str] = set()

    def look_up(self, message_id: str) -> _Record:
        if self.flowroute_away:
            raise ServerError(503, title="Service Unavailable")
        if message_id not in self.records:
            raise NotFound(404, title="Not Found")
        return self.records[message_id]

    def act(self, record: object) -> None:
        if self.database_away:
            raise DatabaseUnavailable("The disk is full.")
        self.acted.append(record)

    def post(self, message_id: str, body: str, when: str) -> Any:
        """What is answered. An error that comes out of it is what Flowroute would see as a 500."""
        try:
            status = self._handle(_post(message_id, body), self.look_up, self.act, self.done)
        except (NotFound, ServerError, DatabaseUnavailable) as error:
            raise Wrong(f"{when}, {type(error).__name__} gets out. Catch it, and answer 503.") from None
        if isinstance(status, bool) or not isinstance(status, int):
            raise Wrong(f"{when}, it returns {kind_of(status)}. Return the status as a number: 200 or 503.")
        return status


def _judge_handle(answer: Any) -> str:
    handle = function(answer, "handle")
    real, other = _Record(_id("a"), "NO"), _Record(_id("b"), "HELP")
    _judge_honest(_Trial(handle, (real, other)), real, other)
    _judge_where_it_remembers(_Trial(handle, (real,)), real)
    _judge_lies(_Trial(handle, (real,)), real)
    _judge_late(_Trial(handle, ()), real)
    _judge_bad_days(_Trial(handle, (real,)), real)
    return "Nothing is believed, nothing is lost, and nothing is done twice. That is all a webhook has to be."


def _judge_honest(trial: _Trial, real: _Record, other: _Record) -> None:
    status = trial.post(real.id, real.body, "When a text is posted")
    if not trial.acted:
        raise Wrong("A text is posted, its record is there, and nothing is done. Call `act` with the record.")
    if trial.acted != [real]:
        raise Wrong("It acted on what was posted. Act on what `look_up` returns, and on nothing else.")
    _answered(status, 200, "A text was posted, looked up and acted on")
    status = trial.post(real.id, real.body, "When the same text is posted again")
    if len(trial.acted) > 1:
        raise Wrong(
            "The same text was posted twice, and acted on twice. Keep its id with `done.add(…)`, and look there first. "
            "(`done = …` makes another set, which is gone at the next post.)"
        )
    _answered(status, 200, "The same text is posted again: it is done already, and Flowroute need not ask again")
    trial.post(other.id, other.body, "When another text is posted")
    if len(trial.acted) != 2:
        raise Wrong("Another text is posted, with another id, and nothing is done.")


def _judge_where_it_remembers(trial: _Trial, real: _Record) -> None:
    # The id is one that it has seen before, with another ``done``.
    trial.post(real.id, real.body, "When `done` is empty")
    if not trial.acted:
        raise Wrong(
            "`done` is empty, a text is posted, and nothing is done. Remember ids in the `done` that it is given, not "
            "in a set of its own: that one is gone when the program starts again."
        )


def _judge_lies(trial: _Trial, real: _Record) -> None:
    trial.post(real.id, "YES, that was me", "When the posted words are made up")
    if not trial.acted:
        raise Wrong(
            "The id was real, the posted words were made up, and nothing was done. Whatever was posted, what `look_up` "
            "returns is true: act on that."
        )
    if trial.acted != [real]:
        raise Wrong(
            "The id was real, and the posted words were made up: it acted on what was posted. Act on what `look_up` "
            "returns, and on nothing else."
        )
    status = trial.post(_id("f"), "NO", "When the id is made up")
    if len(trial.acted) != 1:
        raise Wrong("An id that somebody made up was acted on. `look_up` raises NotFound there: then nothing is done.")
    _answered(status, 503, "There is no record of that id, perhaps not yet")


def _judge_late(trial: _Trial, real: _Record) -> None:
    _answered(
        trial.post(real.id, real.body, "When the record is not there yet"),
        503,
        "The record is some seconds late. With a 200, Flowroute never posts it again, and the text is lost",
    )
    trial.records[real.id] = real
    trial.post(real.id, real.body, "When it is posted again, and the record is there")
    if trial.acted != [real]:
        raise Wrong("The record came late, the text was posted again, and nothing was done. Was its id in `done`?")


def _judge_bad_days(trial: _Trial, real: _Record) -> None:
    trial.flowroute_away = True
    _answered(trial.post(real.id, real.body, "When Flowroute can't be asked"), 503, "Flowroute could not be asked")
    trial.flowroute_away, trial.database_away = False, True
    _answered(trial.post(real.id, real.body, "When the database is away"), 503, "The database was away")
    trial.database_away = False
    trial.post(real.id, real.body, "When the database is back")
    if trial.acted != [real]:
        raise Wrong(
            "The database was away, the text was posted again, and it was taken for done. Put its id into `done` only "
            "after `act`."
        )


def _answered(status: int, wanted: int, what: str) -> None:
    if status != wanted:
        raise Wrong(f"{what}. It answers {status}, and should answer {wanted}.")


EXERCISES: Final = (
    Exercise(
        id="06.1",
        title="What a text means",
        task="""
Write `understand(body)`. It returns `"STOP"`, `"UNSTOP"`, `"HELP"`, `"NO"` or `"other"`.

A word counts only alone, in upper or lower case, with or without spaces and new lines around it. Only a NO may also end
in `.` or `!`, as in `No!`: STOP belongs to Flowroute, and you must hear what Flowroute hears.
""",
        cell="""
def understand(body):
    # your code
    ...
""",
        answer="understand",
        hints=(
            "First make all of them look alike: without spaces around, in capitals.",
            "`word = body.strip().upper()`. Then ask whether it *is* one of the words, not whether one is *in* it.",
            'For a NO, take signs off the end: `word.rstrip(".!") == "NO"`.',
        ),
        solution="""
def understand(body):
    word = body.strip().upper()
    if word in ("STOP", "UNSTOP", "HELP"):
        return word
    return "NO" if word.rstrip(".!") == "NO" else "other"
""",
        judge=_judge_understand,
    ),
    Exercise(
        id="06.2",
        title="Your own webhook: believe nothing, lose nothing",
        task="""
Write `handle(post, look_up, act, done)`. It returns the status to answer with: 200, or 503 for *post it again*.

* `post` is what came in. It always has an `"id"`; all else in it may be made up, and so may the id.
* `look_up(id)` gives the record of a message. It raises `NotFound` where there is none, perhaps not yet, and
  `ServerError` where Flowroute is ill.
* `act(record)` does what the text asks for. It must happen **once**. It raises `DatabaseUnavailable` on a bad day.
* `done` is a set, yours to keep: what you put in is there at the next post.

Here is no list of ids that wait, as in section 2: what cannot be done now gets a 503, so that it is posted again.
""",
        cell="""
from helpers.database import DatabaseUnavailable
from helpers.flowroute import NotFound, ServerError


def handle(post, look_up, act, done):
    # your code
    ...
""",
        answer="handle",
        hints=(
            "Only the id of a post is of use. Is it done already? If not: look up, act, remember. In that order.",
            "An id that is in `done` is answered with 200 at once. Never give `act` anything of `post`, not even "
            "the words.",
            "`look_up` and `act` stand together in a `try`; whatever they raise is a 503. After it, "
            "`done.add(…)` and 200.",
        ),
        solution="""
from helpers.database import DatabaseUnavailable
from helpers.flowroute import NotFound, ServerError


def handle(post, look_up, act, done):
    message_id = post["id"]
    if message_id in done:
        return 200
    try:
        act(look_up(message_id))
    except (NotFound, ServerError, DatabaseUnavailable):
        return 503
    done.add(message_id)
    return 200
""",
        judge=_judge_handle,
    ),
)
