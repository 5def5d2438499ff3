"""What is kept of a class from one start to the next: its code, the teacher's key, the seats and their progress."""

from __future__ import annotations

import json
import os
import re
import secrets
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from helpers.classroom.joining import new_class_code
from helpers.classroom.seats import (
    ACCESS_KEY_DIGITS,
    LETTERS,
    OWN_NUMBERS,
    SECRET_KEY_LENGTH,
    Seat,
    are_exercises,
)
from helpers.errors import CourseError
from helpers.secret import Secret

FILE_NAME: Final = "classroom.json"
_VERSION: Final = 1


class ClassFileUnreadable(CourseError):
    """The file of the last class cannot be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptClass:
    """A class without its messages."""

    name: str = ""
    code: str = field(repr=False)
    teacher_key: Secret[str]
    next_seat: int = 1
    seats: tuple[Seat, ...] = ()

    @classmethod
    def afresh(cls, *, name: str = "") -> KeptClass:
        """A class that nobody has joined yet, with a code and a teacher's key of its own."""
        return cls(name=name, code=new_class_code(), teacher_key=Secret(secrets.token_urlsafe(32)))

    def called(self, name: str) -> KeptClass:
        """The same class under another name."""
        return replace(self, name=name)


class ClassFile:
    """The file. It holds the keys of all seats, so only its owner may read it (mode 0600)."""

    def __init__(self, path: Path) -> None:
        self.path: Final = path

    def load(self) -> KeptClass | None:
        """The last class; ``None`` where there was none.

        Raises:
            ClassFileUnreadable: the file is there, and is not what :meth:`save` writes.
        """
        try:
            return _class_from(json.loads(self.path.read_text(encoding="utf-8")))
        except FileNotFoundError:
            return None
        except OSError as problem:
            raise self._unreadable(problem.strerror or "it cannot be opened") from None
        except (ValueError, KeyError, TypeError, AttributeError):
            raise self._unreadable("it is damaged") from None

    def _unreadable(self, why: str) -> ClassFileUnreadable:
        return ClassFileUnreadable(
            f"The last class stands in {self.path.name}, and that file cannot be read: {why}. "
            "Add --new to begin a class afresh."
        )

    def save(self, kept: KeptClass) -> None:
        """Write it in one go: whoever reads meets the old file or the new one, and a power cut leaves one of them.

        Raises:
            OSError: it cannot be written; what stood there is unchanged.
        """
        draft = self.path.with_name(f"{self.path.name}.{secrets.token_hex(8)}")
        try:
            with os.fdopen(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w", encoding="utf-8") as file:
                json.dump(_as_json(kept), file, indent=1)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(self.path)
        finally:
            draft.unlink(missing_ok=True)


def _as_json(kept: KeptClass) -> dict[str, Any]:
    return {
        "version": _VERSION,
        "name": kept.name,
        "code": kept.code,
        "teacher_key": kept.teacher_key.reveal(),
        "next_seat": kept.next_seat,
        "seats": [
            {
                "id": seat.id,
                "name": seat.name,
                "access_key": seat.access_key,
                "secret_key": seat.secret_key.reveal(),
                "number": seat.number,
                "joined_at_ms": seat.joined_at_ms,
                "passed": list(seat.passed),
            }
            for seat in kept.seats
        ],
    }


def _class_from(data: dict[str, Any]) -> KeptClass:
    if data["version"] != _VERSION:
        raise ValueError("another version")
    seats = tuple(map(_seat_from, data["seats"]))
    return KeptClass(
        name=_text(data["name"]),
        code=_text(data["code"]),
        teacher_key=Secret(_text(data["teacher_key"])),
        next_seat=max([_whole(data["next_seat"]), *(seat.id + 1 for seat in seats)]),
        seats=seats,
    )


def _seat_from(data: dict[str, Any]) -> Seat:
    if not are_exercises(data["passed"]):
        raise ValueError("no exercises")
    return Seat(
        id=_whole(data["id"]),
        name=_text(data["name"]),
        access_key=_text(data["access_key"], like=rf"[0-9]{{{ACCESS_KEY_DIGITS}}}"),
        secret_key=Secret(_text(data["secret_key"], like=rf"[{LETTERS}]{{{SECRET_KEY_LENGTH}}}")),
        number=_text(data["number"], like=rf"({'|'.join(OWN_NUMBERS)})"),
        joined_at_ms=_whole(data["joined_at_ms"]),
        passed=tuple(data["passed"]),
    )


def _text(value: object, *, like: str = r"(?s:.*)") -> str:
    if not isinstance(value, str) or not re.fullmatch(like, value):
        raise TypeError("no text of that kind")
    return value


def _whole(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError("no whole number")
    return value
