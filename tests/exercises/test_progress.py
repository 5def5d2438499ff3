"""What is kept of the exercises, the map that shows it, and the form that forgets it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from class_seat import class_bench
from notebook_files import all_notebooks

from helpers.exercises import EXERCISES, ProgressMap, progress
from helpers.exercises.progress_map import NOTEBOOKS, ProgressModel
from helpers.forms.model import FormModel
from helpers.forms.view import Form


def test_what_is_passed_is_an_empty_file_each(course_folder: Path) -> None:
    for exercise_id in ("04.1", "01.2", "04.1"):
        progress.record(exercise_id)
    files = sorted((course_folder / "progress").iterdir())
    assert [(file.name, file.read_bytes()) for file in files] == [("01.2", b""), ("04.1", b"")]
    assert progress.passed() == ("01.2", "04.1")


def test_nothing_is_passed_before_anything_is_kept(course_folder: Path) -> None:
    assert progress.passed() == ()
    progress.clear()
    assert list(course_folder.iterdir()) == []


def test_an_exercise_that_is_no_more_is_left_out() -> None:
    for exercise_id in ("01.9", "01.1", "notes"):
        progress.record(exercise_id)
    assert progress.passed() == ("01.1",)


def test_forgetting() -> None:
    progress.record("01.1")
    progress.record("01.9")
    progress.clear()
    assert progress.passed() == ()


# --- The map ----------------------------------------------------------------------------------------------------------


def of(notebook: str) -> list[str]:
    return [exercise.id for exercise in EXERCISES if exercise.notebook == notebook]


def test_the_map_begins_with_the_first_notebook() -> None:
    assert repr(ProgressMap.now()).splitlines()[:3] == [
        f"0 of {len(EXERCISES)} done, next: 01",
        "notebook"
        + " " * (len(max((f"{n} · {title}" for n, (_, title) in NOTEBOOKS.items() if of(n)), key=len)) - 6)
        + "done",
        repr(ProgressMap.now()).splitlines()[2],
    ]


def test_the_map_names_what_is_next_also_when_a_later_one_is_done() -> None:
    for exercise_id in (*of("01"), "02.1", *of("03")):
        progress.record(exercise_id)
    shown = ProgressMap.now()
    assert shown.summary == f"6 of {len(EXERCISES)} done, next: 02"
    assert re.search(r"^02 · Try the API +●○ +1 of 2$", repr(shown), re.MULTILINE)
    assert re.search(r"^03 · Sending a code +●●● +3 of 3$", repr(shown), re.MULTILINE)
    html = shown._repr_html_()
    assert '<a href="02-api-trial.ipynb">02 · Try the API</a>' in html
    assert '<span aria-hidden="true">●○</span> 1 of 2' in html


def test_all_of_them() -> None:
    shown = ProgressMap(tuple(exercise.id for exercise in EXERCISES))
    assert shown.summary == f"{len(EXERCISES)} of {len(EXERCISES)} done: all of them."


def test_its_links_lead_to_the_notebooks() -> None:
    assert [file for file, _ in NOTEBOOKS.values()] == [path.name for path in all_notebooks()[1:]]
    assert [file[:2] for file, _ in NOTEBOOKS.values()] == list(NOTEBOOKS)


# --- The form ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def drawn() -> list[str]:
    """The summaries of the maps that were drawn anew."""
    return []


@pytest.fixture
def form(drawn: list[str]) -> Form:
    return Form(ProgressModel(lambda latest: drawn.append(latest.summary)))


def press(form: Form, action: str, **more: Any) -> FormModel:
    """What the browser's button sends."""
    message = {"kind": "press", "action": action, "intent": form.model.intent, "values": {}, **more}
    form._handle_custom_msg(message, [])
    return form.model


def test_look_again(form: Form, drawn: list[str]) -> None:
    progress.record("01.1")
    model = press(form, "look")
    assert (model.state, model.status) == ("done", f"1 of {len(EXERCISES)} done, next: 01")
    assert drawn == [model.status]


def test_to_look_again_tells_the_class_again(form: Form, monkeypatch: pytest.MonkeyPatch) -> None:
    progress.record("01.1")
    bench = class_bench()
    monkeypatch.setattr(progress, "current_class", lambda: bench.network)
    press(form, "look")
    bench.run_threads()
    assert bench.place.seat.passed == ("01.1",)
    bench.room.close()


def test_it_asks_each_time_before_it_forgets(form: Form, drawn: list[str]) -> None:
    for _ in range(2):
        progress.record("01.1")
        model = press(form, "forget")
        assert (model.state, progress.passed(), drawn) == ("asking", ("01.1",), [])
        assert model.status.startswith("Forget which checks you have passed?")
        model = press(form, "forget", confirmed=True)
        assert (model.state, progress.passed()) == ("done", ())
        assert drawn.pop() == f"0 of {len(EXERCISES)} done, next: 01"
        assert model.status == f"Forgotten. 0 of {len(EXERCISES)} done, next: 01"


def test_the_question_is_answered_in_words_of_its_own(form: Form) -> None:
    (forget,) = (action for action in form._schema["actions"] if action["name"] == "forget")
    assert (forget["yes"], forget["declined"]) == ("Forget it", "Nothing was forgotten.")


def test_the_class_is_told_of_what_was_passed_and_of_what_was_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    bench = class_bench()
    monkeypatch.setattr(progress, "current_class", lambda: bench.network)
    progress.record("01.2")
    progress.record("01.1")
    bench.run_threads()
    assert bench.place.seat.passed == ("01.1", "01.2")
    progress.clear()
    bench.run_threads()
    assert bench.place.seat.passed == ()
    bench.room.close()
