"""Serve a class: ``python -m helpers.classroom --help``."""

from __future__ import annotations

import argparse
import contextlib
import ipaddress
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from helpers.classroom.app import create_app, open_room
from helpers.classroom.kept import FILE_NAME, ClassFile, ClassFileUnreadable, KeptClass
from helpers.classroom.own_addresses import own_addresses, own_names
from helpers.classroom.room import MOST_SEATS, USUAL_SEATS, ClassFull, Room
from helpers.classroom.seats import LONGEST_NAME, InvalidName, clean_name
from helpers.classroom.sheet import SHEET_NAME, write_sheet
from helpers.errors import CourseError
from helpers.simulator import command_line
from helpers.simulator.command_line import OneLineParser
from helpers.simulator.server import Running, serve_app

_EVERYWHERE: Final = ("0.0.0.0", "::")  # noqa: S104  # a class is other machines
_PORT: Final = 8025
_FILES: Final = 4096
_HOST_NAME: Final = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,250}[A-Za-z0-9])?")


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until SIGTERM or Ctrl-C; returns the exit code."""
    parser = _parser()
    options = parser.parse_args(arguments)
    hosts = _hosts(options)
    folder = _folder(parser)
    file = ClassFile(folder / FILE_NAME)
    last = _last(parser, file, wanted=not options.new)
    room = _room(options, file, last)
    stop = command_line.stop_signals()
    with _running(parser, options, room) as running:
        _write_down(parser, room)  # not before: a start that fails leaves the last class as it was
        room.join_addresses = tuple(f"http://{_bracketed(host)}:{running.port}" for host in hosts)
        if options.sheet:
            _make_sheet(parser, options.sheet, room, folder / SHEET_NAME)
        host = room.join_addresses[0].removeprefix("http://")
        about_the_last = _about_the_last(last, host, begun_anew=options.new)
        _greet(running, room, about_the_last, to_everybody=options.host in _EVERYWHERE)
        command_line.wait_for(stop)
        room.close()  # whoever waits for texts is let go, and the server ends at once
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = OneLineParser(
        prog="python -m helpers.classroom",
        description="The practice network for a class: everybody in the room gets one of their own, and you a board.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    add = parser.add_argument
    add(
        "--host",
        default=_EVERYWHERE[0],
        type=_address,
        help="address to listen on; 0.0.0.0 is every network that this machine is on: whoever reaches it sees the page "
        "to join, and with the class code takes a seat",
    )
    add("--port", default=_PORT, type=command_line.port, help="port to listen on; 0 takes a free one")
    add(
        "--address",
        default=argparse.SUPPRESS,
        type=_name_or_address,
        metavar="NAME",
        help="how learners reach this machine; better an address than a name, which each laptop looks up (default: "
        "the addresses that it finds itself)",
    )
    add("--learners", default=USUAL_SEATS, type=_seats, metavar="N", help=f"most seats, up to {MOST_SEATS}")
    add("--name", default=argparse.SUPPRESS, type=_class_name, help="what the class is called on the board")
    add("--new", action="store_true", help="forget the last class: its code, its seats and what they have passed")
    add(
        "--sheet",
        default=0,
        type=_seats,
        metavar="N",
        help=f"make N seats ahead and write {SHEET_NAME}, a sheet to print and cut up, for a class without the page",
    )
    parser.set_defaults(address=None, name=None)
    return parser


# --- reading ---------------------------------------------------------------------------------------------------------


def _address(text: str) -> str:
    try:
        return str(ipaddress.ip_address("127.0.0.1" if text == "localhost" else text))
    except ValueError:
        raise argparse.ArgumentTypeError("must be an address such as 0.0.0.0 or 127.0.0.1, or localhost.") from None


def _name_or_address(text: str) -> str:
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        if not _HOST_NAME.fullmatch(text):
            raise argparse.ArgumentTypeError(
                "write a name or an address without a port, for example teacher.local."
            ) from None
        return text.lower()


def _seats(text: str) -> int:
    return command_line.whole_number(text, least=1, most=MOST_SEATS)


def _class_name(text: str) -> str:
    try:
        return clean_name(text)
    except InvalidName:
        raise argparse.ArgumentTypeError(f"must be a name of 1 to {LONGEST_NAME} characters.") from None


def _hosts(options: argparse.Namespace) -> list[str]:
    """By what the learners' machines reach us, the best first."""
    if options.address:
        return [options.address]
    if options.host not in _EVERYWHERE:
        return [options.host]
    return own_addresses() or ["127.0.0.1"]


# --- putting it together ---------------------------------------------------------------------------------------------


def _folder(parser: argparse.ArgumentParser) -> Path:
    from helpers.settings import course_data_folder  # where the course keeps its data is said there, and once

    try:
        return course_data_folder()
    except CourseError as problem:
        parser.error(str(problem))


def _last(parser: argparse.ArgumentParser, file: ClassFile, *, wanted: bool) -> KeptClass | None:
    """The class before; one that cannot be read ends the program, unless it is not wanted."""
    try:
        return file.load()
    except ClassFileUnreadable as problem:
        if wanted:
            parser.error(str(problem))
        return None


def _room(options: argparse.Namespace, file: ClassFile, last: KeptClass | None) -> Room:
    if last is None or options.new:
        kept = KeptClass.afresh(name=options.name or "")
    else:
        kept = last.called(options.name) if options.name else last
    return open_room(kept, file=file, most_seats=options.learners, exercises=_exercises())


def _write_down(parser: argparse.ArgumentParser, room: Room) -> None:
    room.keep()
    if room.not_kept:
        parser.error(
            f"cannot write {FILE_NAME} in the folder for the course's data: {room.not_kept}. Give yourself write "
            "access to it, or set TWO_FACTOR_COURSE_DIR to another folder."
        )


def _exercises() -> dict[str, str]:
    from helpers.exercises import EXERCISES  # here: it brings the whole course along, which --help can do without

    return {exercise.id: exercise.title for exercise in EXERCISES}


def _running(parser: argparse.ArgumentParser, options: argparse.Namespace, room: Room) -> Running:
    names = own_names() | ({options.address} if options.address else set())
    try:
        return serve_app(
            create_app(room, names=names), host=options.host, port=options.port, most_per_address=_share_of_files()
        )
    except OSError as problem:
        words = command_line.cannot_listen(problem, host=options.host, port=options.port)
        parser.error(f"{words} Is your class running already? Then stop it first.")


def _share_of_files() -> int:
    """How many connections one address may have. Before, this process is allowed more files, since each is one.

    macOS starts with 256, which a class of 60 with three notebooks each has used up. A school may show all of its
    laptops as one address, so one has a quarter of what there is.
    """
    try:
        import resource
    except ImportError:  # Windows, which has no such limit
        return _FILES // 4
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _FILES if hard == resource.RLIM_INFINITY else min(_FILES, hard)
    if soft < wanted:
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
            soft = wanted
    return max(32, min(soft, _FILES) // 4)


def _make_sheet(parser: argparse.ArgumentParser, count: int, room: Room, path: Path) -> None:
    try:
        seats = room.make_seats(count)
        write_sheet(path, seats, class_name=room.name, host=room.join_addresses[0].removeprefix("http://"))
    except ClassFull as problem:
        parser.error(f"--sheet {count}: {problem}")
    except OSError as problem:
        parser.error(f"cannot write {path.name}: {problem.strerror}.")
    print(f"A sheet with {count} seats to print and cut up: {path}", flush=True)


# --- words -----------------------------------------------------------------------------------------------------------


def _greet(running: Running, room: Room, about_the_last: Sequence[str], *, to_everybody: bool) -> None:
    board_host = _bracketed(running.host) if not to_everybody else "127.0.0.1"
    first, *others = room.join_addresses
    lines = [
        f"The class{f' {room.name}' if room.name else ''} is open. Write on the wall:",
        "",
        f"    {first}",
        f"    Class code  {room.code}",
        "",
        *([f"If that address does not answer: {', '.join(others)}"] if others else []),
        f"Your own board (keep this link to yourself): http://{board_host}:{running.port}/board#key="
        f"{room.teacher_key.reveal()}",
        *about_the_last,
        *([_TO_EVERYBODY] if to_everybody else []),
        "Stop it with Ctrl-C.",
    ]
    print("\n".join(lines), flush=True)


_TO_EVERYBODY: Final = (
    "Every machine on your networks can reach this one now, unencrypted: give out practice keys alone, no real ones. "
    "A firewall may ask whether to allow it."
)


def _about_the_last(last: KeptClass | None, host: str, *, begun_anew: bool) -> list[str]:
    if last is None:
        return []
    count = len(last.seats)
    seats = f"{count} seat{'' if count == 1 else 's'}"
    if begun_anew:
        return [f"The last class is forgotten, with its {seats}: whoever sat there joins again."]
    return [
        f"The last class goes on: {seats} and what they have passed. Its messages and counts are gone. Nobody has to "
        f"join again whose class address leads to {host}. --new begins anew."
    ]


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


if __name__ == "__main__":
    sys.exit(main())
