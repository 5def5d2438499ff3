"""Joining: names, the class code and how often it may be guessed, full classes, and what a seat is."""

from __future__ import annotations

import re
from collections import Counter
from importlib.resources import files
from typing import Any

import pytest
from classroom_bench import HOST, PHONE, Classroom, words
from werkzeug.test import TestResponse

from helpers.classroom import joining, seats
from helpers.classroom.joining import MOST_AT_ONCE, TIMES_FOR_ALL, CodeGate, TooManyWrongCodes, WrongClassCode
from helpers.classroom.seats import OWN_NUMBERS, InvalidName, clean_name, own_number
from helpers.clock import Clock
from helpers.simulator import OUTCOMES


def join(classroom: Classroom, name: object = "Ana", code: object = None, **headers: str) -> TestResponse:
    wanted = {"name": name, "code": classroom.room.code if code is None else code}
    return classroom.ask("POST", "/class/join", json=wanted, headers=headers)


def wrong_code(classroom: Classroom) -> str:
    return "".join("A" if letter != "A" else "B" for letter in classroom.room.code)


def test_a_name_and_the_code_give_a_seat_and_its_class_address(classroom: Classroom) -> None:
    answer = join(classroom)
    assert answer.status_code == 201
    seat = classroom.room.places[0].seat
    keys = f"{seat.access_key}:{seat.secret_key.reveal()}"
    assert answer.get_json() == {"name": "Ana", "number": seat.number, "address": f"http://{keys}@{HOST}/{seat.number}"}
    assert re.fullmatch(r"[1-9]\d{7}", seat.access_key)
    assert re.fullmatch(r"[a-z2-9]{10}", seat.secret_key.reveal())
    assert not set("01ilo") & set(seats.LETTERS)


def test_the_address_is_the_one_by_which_the_learner_came(classroom: Classroom) -> None:
    assert "@teacher.local:9000/" in join(classroom, Host="teacher.local:9000").get_json()["address"]


def test_upper_and_lower_case_and_spaces_are_alike_in_a_code(classroom: Classroom) -> None:
    code = classroom.room.code
    assert join(classroom, code=f" {code[:2]} {code[2:].lower()} ").status_code == 201


@pytest.mark.parametrize("code", ["", "AAAA", None, 12345, ["x"], "é" * 5, "\ud800"])
def test_a_wrong_code_is_refused(classroom: Classroom, code: object) -> None:
    answer = join(classroom, code=wrong_code(classroom) if code is None else code)
    assert answer.status_code == 403
    assert "not the code of this class" in words(answer)
    assert classroom.room.places == []


def test_a_code_has_no_letters_that_look_alike() -> None:
    codes = {joining.new_class_code() for _ in range(200)}
    assert len(codes) == 200
    assert all(re.fullmatch(r"[A-Z2-9]{5}", code) for code in codes)
    assert not set("01ILO") & set("".join(codes))


def test_a_class_that_types_wrong_is_not_stopped_and_a_guesser_is(classroom: Classroom) -> None:
    ana = classroom.join()
    bad = wrong_code(classroom)
    statuses = [join(classroom, code=bad).status_code for _ in range(joining.MOST_AT_ONCE)]
    assert statuses == [403] * joining.MOST_AT_ONCE, "a class of 30 may all type wrong at once"
    late = join(classroom, code=bad)
    assert late.status_code == 429
    assert late.headers["Retry-After"] == "2"
    assert join(classroom).status_code == 429, "or a guesser would find the right one by going on"
    assert ana.send().status_code == 202, "who is in is not touched"
    classroom.clock.advance(seconds=joining.SECONDS_PER_GUESS)
    assert join(classroom).status_code == 201
    assert join(classroom).status_code == 201, "a right code uses nothing up"
    assert [join(classroom, code=bad).status_code for _ in range(2)] == [403, 429]


def test_one_machine_that_guesses_on_shuts_itself_out_and_not_the_class(classroom: Classroom) -> None:
    def join_from(address: str, code: str) -> int:
        wanted = {"json": {"name": "x", "code": code}, "environ_base": {"REMOTE_ADDR": address}}
        return classroom.ask("POST", "/class/join", **wanted).status_code

    assert [join_from("192.0.2.66", "AAAAA") for _ in range(41)] == [403] * 40 + [429]
    assert join_from("192.0.2.66", classroom.room.code) == 429
    assert join_from("192.0.2.8", classroom.room.code) == 201


def test_many_machines_together_are_slowed_too() -> None:
    gate = CodeGate("ABCDE", clock=Clock.standing_still())
    refusals: list[type[Exception]] = []
    for number in range(MOST_AT_ONCE * TIMES_FOR_ALL + 1):
        with pytest.raises((WrongClassCode, TooManyWrongCodes)) as refused:
            gate.check("AAAAA", address=f"2001:db8::{number:x}")
        refusals.append(refused.type)
    assert Counter(refusals) == {WrongClassCode: MOST_AT_ONCE * TIMES_FOR_ALL, TooManyWrongCodes: 1}


def test_addresses_do_not_pile_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(joining, "_ADDRESSES_KEPT", 3)
    gate = CodeGate("ABCDE", clock=Clock.standing_still())
    for number in range(9):
        gate.check("ABCDE", address=str(number))
    assert list(gate._each) == ["6", "7", "8"]


def test_guessing_is_hopeless() -> None:
    two_hours = joining.MOST_AT_ONCE + 2 * 3600 / joining.SECONDS_PER_GUESS
    assert two_hours / len(joining.CODE_LETTERS) ** joining.CODE_LENGTH < 1 / 7_000


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("  Ana   María ", "Ana María"),
        ("Ana\r\n\x00\x1b[31mBo", "Ana [31mBo"),
        ("\u202eanA", "anA"),
        ("e\u0301va", "éva"),
        ("<b>x</b>", "<b>x</b>"),
        ("中村", "中村"),
        ("\ud800Ana", "Ana"),
        ("x" * 40, "x" * 40),
        ("👩\u200d🏫", "👩\u200d🏫"),
    ],
)
def test_names_are_cleaned(typed: str, shown: str) -> None:
    assert clean_name(typed) == shown


@pytest.mark.parametrize(
    "typed",
    ["", "   ", "\u200d\u200c", "\x00\u202e", "\u3164", "\u2800 \u115f", "x" * 41, None, 7, ["Ana"], "\u0301"],
)
def test_what_is_no_name_is_refused(typed: Any, classroom: Classroom) -> None:
    with pytest.raises(InvalidName):
        clean_name(typed)
    answer = join(classroom, name=typed)
    assert answer.status_code == 422
    assert "name" in answer.get_json()["errors"][0]["detail"]["data"]["attributes"]


def test_a_second_ana_gets_a_number(classroom: Classroom) -> None:
    long = "x" * 40
    names = [join(classroom, name=name).get_json()["name"] for name in ("Ana", "ANA", "Ana", "Ana (2)", long, long)]
    assert names == ["Ana", "ANA (2)", "Ana (3)", "Ana (2) (2)", long, f"{'x' * 36} (2)"]
    assert join(classroom, name="Ana\u200d").get_json()["name"] == "Ana\u200d (4)", "it looks like the others"


def test_a_full_class_says_so() -> None:
    classroom = Classroom(most_seats=2)
    assert [join(classroom, name=name).status_code for name in "abc"] == [201, 201, 409]
    assert "All 2 seats" in words(join(classroom))


def test_a_slip_in_the_body_is_named(classroom: Classroom) -> None:
    answer = classroom.ask("POST", "/class/join", json={"name": "Ana", "code": "x", "kode": 1})
    assert answer.status_code == 422
    assert "There are: name, code" in words(answer)
    assert classroom.ask("POST", "/class/join", data="name=Ana").status_code == 415
    assert classroom.ask("POST", "/class/join").status_code == 415
    big = classroom.ask("POST", "/class/join", json={"name": "x" * 70_000, "code": "x"})
    assert big.status_code == 413


def test_own_numbers_are_nobodys_phone_and_bring_no_outcome_about() -> None:
    assert len(set(OWN_NUMBERS)) == len(OWN_NUMBERS) >= 60
    assert all(re.fullmatch(r"120655501\d\d", number) for number in OWN_NUMBERS)
    others = {outcome.number for outcome in OUTCOMES} | {PHONE} | {f"1206555{n:04d}" for n in range(170, 180)}
    assert not others & set(OWN_NUMBERS)


def test_own_numbers_repeat_and_the_networks_stay_apart() -> None:
    classroom = Classroom(most_seats=len(OWN_NUMBERS) + 1)
    learners = [classroom.join("x") for _ in range(len(OWN_NUMBERS) + 1)]
    first, last = learners[0], learners[-1]
    assert first.seat.number == last.seat.number == own_number(1)
    first.send("only mine")
    assert [text["body"] for text in first.texts()] == ["only mine"]
    assert last.texts() == []


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"Host": "evil.example:8025"},
        {"Host": "[oops"},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": f"https://{HOST}"},
        {"Sec-Fetch-Site": "cross-site"},
    ],
)
def test_pages_of_other_sites_may_not_join(classroom: Classroom, headers: dict[str, str]) -> None:
    assert join(classroom, **headers).status_code == 403
    made_up = headers | {"Authorization": "Basic eDp5"}  # any page may send some
    assert join(classroom, **made_up).status_code == 403
    assert classroom.room.places == []


@pytest.mark.parametrize(
    "headers", [{"Origin": f"http://{HOST}", "Sec-Fetch-Site": "same-origin"}, {"Host": "[::1]:1"}]
)
def test_the_own_page_may(classroom: Classroom, headers: dict[str, str]) -> None:
    assert join(classroom, **headers).status_code == 201


def test_a_link_to_the_page_may_be_followed(classroom: Classroom) -> None:
    link = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    for page in ("/", "/board"):
        answer = classroom.ask("GET", page, headers=link)
        assert answer.status_code == 200
        assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
        assert answer.headers["Cache-Control"] == "no-store"
    assert classroom.ask("GET", "/class/page/join.js", headers=link).status_code == 403


def test_a_class_address_in_a_browser_says_where_it_belongs(classroom: Classroom) -> None:
    answer = classroom.ask("GET", "/12065550102")
    assert answer.status_code == 200
    assert "notebook 00" in answer.text
    assert classroom.ask("GET", "/favicon.ico").status_code == 404


def test_the_pages_fetch_nothing_from_elsewhere(classroom: Classroom) -> None:
    found = {
        each.name: each.read_text(encoding="utf-8")
        for each in files("helpers.classroom.page").iterdir()
        if each.is_file()
    }
    pages = {name: text for name, text in found.items() if not name.endswith(".py")}
    assert {"join.html", "join.js", "board.html", "board.js", "parts.js", "class.css"} == set(pages)
    assert [name for name, text in pages.items() if "://" in text or "url(" in text] == []
    wanted = {each for text in pages.values() for each in re.findall(r'(?:src|href)="(/class/[^"]+)"', text)}
    wanted |= {f"/class/page/{each}" for text in pages.values() for each in re.findall(r'from "\./([^"]+)"', text)}
    assert len(wanted) >= 6
    assert [path for path in wanted if classroom.ask("GET", path).status_code != 200] == []
