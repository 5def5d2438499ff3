"""The one thing all errors of this course share: in a notebook they speak in a sentence, not in a traceback."""

from __future__ import annotations


class CourseError(Exception):
    """Base of every error that the course raises on purpose.

    ``str(error)`` says what is wrong and what to do. ``user_message`` is what a stranger's screen may show.
    """

    user_message: str = "That did not work."

    def _render_traceback_(self) -> list[str]:
        # IPython asks an exception for this before it draws a traceback; everywhere else tracebacks are as always.
        return [f"{type(self).__name__}: {self}"]
