"""What a check shows: words, hints and a solution; and how it takes an answer that fails, prints, or is no answer."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from helpers.exercises import check, course, hint, progress, solution
from helpers.exercises.exercise import Exercise, NotAttempted, State, Wrong, is_blank, judge
from helpers.exercises.picture import with_code
from helpers.exercises.trials import example_number, kind_of
from helpers.settings import SettingsError


def double_is_right(answer: Any) -> str:
    if answer(2) != 4:
        raise Wrong("Twice 2 is `4`, and <yours> isn't.")
    return "Twice as much."


EXERCISE = Exercise(
    id="01.1",
    title="Double",
    task="Write `double(x)`.",
    cell="def double(x):\n    ...",
    answer="double",
    hints=("Use `*`.", "Times <two>.", "x * 2"),
    solution="\ndef double(x):\n    return x * 2 if x < 9 else 2 * x\n",
    judge=double_is_right,
)


@pytest.fixture(autouse=True)
def only_this_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(course, "EXERCISES", (EXERCISE, replace(EXERCISE, id="01.2")))


def written(code: str, name: str = "double") -> Any:
    """What a cell defines."""
    cell: dict[str, Any] = {"__name__": "__main__"}
    exec(compile(code, "<cell>", "exec"), cell)  # noqa: S102 (as a kernel does)
    return cell[name]


def words_of(code: str) -> str:
    verdict = judge(EXERCISE, written(code))
    assert verdict.state is State.WRONG
    return verdict.words


# --- The words --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "line"),
    [
        (lambda x: x * 2, "✓ 01.1 Right. Twice as much."),
        (lambda x: x + 1, "✗ 01.1 Not right yet. Twice 2 is `4`, and <yours> isn't."),
        (lambda x: ..., "✗ 01.1 Not right yet. Twice 2 is `4`, and <yours> isn't."),
        (
            ...,
            "○ 01.1 Not attempted yet. Fill in the cell above, run it until it ends without an error, and then run "
            "this one again.",
        ),
    ],
)
def test_printed_it_is_one_line(answer: Any, line: str) -> None:
    assert repr(check("01.1", answer)) == line


def test_a_wrong_one_shows_three_hints_and_a_solution_each_folded() -> None:
    html = check("01.1", lambda x: x)._repr_html_()
    assert "<strong>✗ 01.1 Not right yet.</strong> Twice 2 is <code>4</code>, and &lt;yours&gt; isn&#x27;t." in html
    assert [html.count(part) for part in ("<details>", "<summary>Hint ", "<summary>A solution")] == [4, 3, 1]
    assert "<summary>Hint 2</summary><p>Times &lt;two&gt;.</p></details>" in html
    assert "return x * 2 if x &lt; 9" in html


def test_a_right_one_shows_no_hint() -> None:
    html = check("01.1", lambda x: x * 2)._repr_html_()
    assert "<strong>✓ 01.1 Right.</strong> Twice as much." in html
    assert [html.count(part) for part in ("<details>", "Hint", "<summary>Another way to write it")] == [1, 0, 1]


def test_two_prices_in_a_verdict_are_no_formula() -> None:
    """JupyterLab makes one of what stands between two dollar signs, except in this class."""
    assert check("01.1", lambda x: x)._repr_html_().startswith('<div class="mathjax_ignore" ')


def test_what_stands_between_backticks_is_code() -> None:
    assert with_code("`a < b` & `c") == "<code>a &lt; b</code> &amp; `c"


def test_an_unknown_one_is_said_in_words() -> None:
    for call in (hint, solution, lambda name: check(name, ...)):
        with pytest.raises(LookupError, match=r"^There is no exercise '09\.9'\. There are: 01\.1, 01\.2\.$"):
            call("09.9")


# --- Answers that fail ------------------------------------------------------------------------------------------------


def test_an_error_names_the_line_of_the_cell() -> None:
    assert words_of("def double(x):\n    y = x\n    return y / 0") == (
        "Your code stopped at line 3 of its cell. ZeroDivisionError: division by zero."
    )


def test_the_line_is_the_learners_own_not_one_of_a_library() -> None:
    assert "line 4 of its cell. JSONDecodeError" in words_of(
        "import json\n\ndef double(x):\n    return json.loads('no')"
    )


def test_the_line_is_of_the_answers_cell_not_of_one_before() -> None:
    before: dict[str, Any] = {}
    exec(compile("\n\n\ndef half(x): return x / 0", "<cell before>", "exec"), before)  # noqa: S102
    answer = written("def double(x):\n    return half(x)")
    answer.__globals__["half"] = before["half"]
    assert "stopped at line 2 of its cell. ZeroDivisionError" in judge(EXERCISE, answer).words


def test_the_line_of_a_class_is_named_too() -> None:
    words = words_of("class double:\n    def __init__(self, x):\n        self.x = x / 0")
    assert words == "Your code stopped at line 3 of its cell. ZeroDivisionError: division by zero."


def test_an_error_without_words() -> None:
    assert words_of("def double(x): raise ValueError").endswith("ValueError: it said no more.")


def test_an_answer_that_cannot_be_called_as_asked() -> None:
    words = words_of("def double(): return 4")
    assert words.startswith("The check could not go on with this answer. TypeError: double() takes 0 positional")
    assert words.endswith("was given. Compare with the task what it is given and what it returns.")


def test_an_error_shows_no_code() -> None:
    assert "482915" not in words_of("def double(x): raise ValueError('482915 is wrong')")


@pytest.mark.parametrize("code", ["raise SystemExit", "exit(3)"])
def test_an_answer_that_ends_the_kernel_does_not(code: str) -> None:
    assert "SystemExit" in words_of(f"def double(x): {code}")


def test_an_interrupted_loop_is_a_wrong_answer() -> None:
    def interrupted(x: int) -> int:
        raise KeyboardInterrupt

    assert "Is there a loop that never ends" in judge(EXERCISE, interrupted).words


def test_what_it_prints_is_shown_but_not_a_thousand_times(capsys: pytest.CaptureFixture[str]) -> None:
    assert judge(EXERCISE, written("def double(x):\n    for n in range(1000): print(n)\n    return 4")).words
    assert capsys.readouterr().out.splitlines() == [*map(str, range(12)), "… and 988 more printed lines."]
    judge(EXERCISE, written("def double(x):\n    for n in range(12): print(n)\n    return 4"))
    assert capsys.readouterr().out.splitlines() == [*map(str, range(12))]
    judge(EXERCISE, written("def double(x):\n    print('here', end='')\n    return 4"))
    assert capsys.readouterr().out == "here\n"


# --- Blank answers ----------------------------------------------------------------------------------------------------

BLANK = [
    "def double(x): ...",
    "def double(x):\n    # your code\n    ...",
    "def double(x): pass",
    'def double(x):\n    """Twice as much."""',
    'def double(x):\n    """Twice as much."""\n    ...',
    "double = ...",
    "class double: ...",
    "class double:\n    def __init__(self): self.x = 1\n    def twice(self): ...",
    "class double(Exception):\n    'Twice.'",
]
WRITTEN = [
    "def double(x): return x",
    "def double(x): print(x)",
    "def double(x): return 'x'",
    'def double(x):\n    """Twice."""\n    return "x"',
    "def double(x): raise ValueError",
    "class double:\n    def twice(self): return 2",
    "class double:\n    times = 2",
    "double = 4",
    "double = None",
    "import functools\ndouble = functools.partial(max, 1)",
]


@pytest.mark.parametrize("code", BLANK)
def test_blank(code: str) -> None:
    assert is_blank(written(code))


@pytest.mark.parametrize("code", WRITTEN)
def test_written(code: str) -> None:
    assert not is_blank(written(code))


def test_a_class_that_is_half_written_is_told_which_half() -> None:
    half = "class double:\n    def __init__(self): self.x = 1\n    def once(self): return 1\n    def twice(self): ..."
    assert repr(judge(EXERCISE, written(half))) == (
        "○ 01.1 Not attempted yet. "
        "`twice` is still to be written. Fill it in, run the cell, and then run this one again."
    )
    untouched = "class double:\n    def __init__(self): self.x = 1\n    def twice(self): ..."
    assert "`twice`" not in judge(EXERCISE, written(untouched)).words


def test_a_judge_may_say_that_it_is_blank() -> None:
    def untouched(answer: Any) -> str:
        raise NotAttempted

    assert judge(replace(EXERCISE, judge=untouched), 4).state is State.NOT_ATTEMPTED


# --- hint, solution, progress -----------------------------------------------------------------------------------------


def test_each_call_gives_the_next_hint(capsys: pytest.CaptureFixture[str]) -> None:
    for _ in range(3):
        hint("01.2")
    hint("01.1")
    hint("01.2")
    hint("01.2")
    assert capsys.readouterr().out.splitlines() == [
        "Hint 1 of 3 for 01.2: Use `*`.",
        "Hint 2 of 3 for 01.2: Times <two>.",
        "Hint 3 of 3 for 01.2: x * 2",
        "Hint 1 of 3 for 01.1: Use `*`.",
        'Those were all hints of 01.2. solution("01.2") shows a way to write it.',
        "Hint 1 of 3 for 01.2: Use `*`.",
    ]


def test_a_solution_is_code_and_folded_in_a_notebook() -> None:
    shown = solution("01.1")
    assert repr(shown) == EXERCISE.solution.strip()
    assert shown._repr_html_().startswith("<details><summary>A solution of 01.1</summary><pre")


@pytest.mark.parametrize("problem", [OSError(13, "Permission denied"), SettingsError("The folder cannot be made.")])
def test_a_right_answer_stays_right_where_nothing_can_be_kept(
    problem: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(exercise_id: str) -> None:
        raise problem

    monkeypatch.setattr(progress, "record", fail)
    verdict = check("01.1", lambda x: x * 2)
    assert verdict.state is State.RIGHT
    assert "Twice as much. (That you have done it could not be kept: " in verdict.words


def test_only_a_right_answer_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    kept: list[str] = []
    monkeypatch.setattr(progress, "record", kept.append)
    for answer in (..., lambda x: x, lambda x: 2 * x):
        check("01.2", answer)
    assert kept == ["01.2"]


@pytest.mark.parametrize(
    ("value", "words"),
    [(None, "nothing (`None`)"), (3, "a whole number"), ({3}, "a set"), (ValueError(), "a ValueError")],
)
def test_a_value_in_words(value: object, words: str) -> None:
    assert kind_of(value) == words


def test_only_example_numbers_are_made() -> None:
    assert example_number(158).last_two == "58"
    for last in (99, 200):
        with pytest.raises(ValueError, match="0100 to 0199"):
            example_number(last)
