"""An exercise at the end of a notebook, and what a learner does there: write into its cell, run it, run the check."""

from __future__ import annotations

import pytest
from hands import Keyboard
from known_answers import WRONG_ANSWERS
from notebook_page import ANSWER_MS, NotebookPage
from playwright.sync_api import Locator, expect

from helpers.exercises import EXERCISES
from helpers.exercises.exercise import Exercise

CELL_ABOVE = "xpath=preceding-sibling::*[contains(@class, 'jp-CodeCell')][1]"


def exercises_of(notebook: str) -> pytest.MarkDecorator:
    """The test runs once for each exercise of that notebook, ``exercise``."""
    own = [exercise for exercise in EXERCISES if notebook.startswith(exercise.notebook)]
    assert own, f"{notebook} has no exercises."
    return pytest.mark.parametrize("exercise", own, ids=[exercise.id for exercise in own])


def do_wrong_then_right(notebook: NotebookPage, exercise: Exercise) -> None:
    """As it comes, then a wrong answer, then a hint by keyboard, then a solution; each verdict is read off the screen.

    The notebook has run to its bottom, and nobody has written into the exercise's cell.
    """
    answer, words = WRONG_ANSWERS[exercise.id][0]
    on_page = ExerciseOnPage(notebook, exercise)
    on_page.says("Not attempted yet.")

    on_page.write(answer)
    on_page.run_with_check()
    on_page.says("Not right yet.")
    on_page.says(words)
    expect(notebook.page.locator("mjx-container")).to_have_count(0)  # two prices are no formula
    on_page.open_first_hint_by_keyboard()

    on_page.write(exercise.solution)
    on_page.run_with_check()
    on_page.says("Right.")
    expect(on_page.folded).to_have_text(["Another way to write it"])


class ExerciseOnPage:
    """The two cells of an exercise: the one to fill in, and below it the check."""

    def __init__(self, notebook: NotebookPage, exercise: Exercise) -> None:
        self._page = notebook.page
        self._exercise = exercise
        self._check = notebook.cells.filter(has_text=exercise.check_cell)
        self._cell = self._check.locator(CELL_ABOVE).locator(".cm-content")
        self._verdict = self._check.locator("[data-mime-type='text/html']")  # not what the answer prints
        self.folded = self._verdict.locator("summary")
        """What opens: hints, and a solution."""

    def write(self, code: str) -> None:
        """Click into the cell, and put this in the place of what stands there."""
        self._cell.click()
        self._page.keyboard.press("ControlOrMeta+A")
        self._page.keyboard.insert_text(code.strip())

    def run_with_check(self) -> None:
        """Shift+Enter, which goes on to the next cell, and once more."""
        self._page.keyboard.press("Shift+Enter")
        self._page.keyboard.press("Shift+Enter")

    def says(self, words: str) -> None:
        """Wait until the verdict says this. What stands between backticks is code there."""
        expect(self._verdict).to_contain_text(f"{self._exercise.id} ", timeout=ANSWER_MS)
        expect(self._verdict.locator("p").first).to_contain_text(words.replace("`", ""), timeout=ANSWER_MS)

    def open_first_hint_by_keyboard(self) -> None:
        """From where the check has left the focus: back by Shift+Tab, then Enter."""
        hint = self._hint_words
        expect(hint).to_be_hidden()
        Keyboard(self._page).reach(self.folded.first)
        self._page.keyboard.press("Enter")
        expect(hint).to_be_visible()
        expect(hint).to_have_text(self._exercise.hints[0].replace("`", ""))

    @property
    def _hint_words(self) -> Locator:
        return self._verdict.locator("details").first.locator("p")
