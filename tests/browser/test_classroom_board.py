"""The class in a real browser: two learners join through the page, and the teacher watches them on the board."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
import requests
from axe import Axe
from playwright.sync_api import BrowserContext, ConsoleMessage, Page, expect

from helpers.classroom import Room, create_app, open_room
from helpers.classroom.kept import KeptClass
from helpers.classroom.seats import Seat
from helpers.simulator.server import Running, serve_app

ATTACK = '<img src=x onerror="window.ran=1">'
EXERCISES = {"01.1": "Keys", "01.2": "A number", "02.1": "One request by hand", "03.1": "A code"}
TOO_WIDE = "() => document.documentElement.scrollWidth > document.documentElement.clientWidth"


@pytest.fixture
def room() -> Iterator[Room]:
    room = open_room(KeptClass.afresh(name="Year 8b"), exercises=EXERCISES)
    yield room
    room.close()


@pytest.fixture
def served(room: Room) -> Iterator[Running]:
    with serve_app(create_app(room)) as running:
        yield running
        room.close()


def watched(context: BrowserContext, complaints: list[str]) -> Page:
    """A page whose complaints fail the test."""
    page = context.new_page()

    def listen(message: ConsoleMessage) -> None:
        # A browser notes each answer that is an error, also where the page goes on to say it.
        if message.type in ("error", "warning") and not re.search("status of (401|403)", message.text):
            complaints.append(message.text)

    page.on("console", listen)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    return page


@pytest.fixture
def complaints() -> Iterator[list[str]]:
    found: list[str] = []
    yield found
    assert found == []


@pytest.fixture
def learner(browser: BrowserContext, complaints: list[str], served: Running) -> Iterator[Page]:
    page = watched(browser, complaints)
    page.goto(f"{served.url}/")
    yield page
    page.close()


@pytest.fixture
def board(browser: BrowserContext, complaints: list[str], served: Running, room: Room) -> Iterator[Page]:
    page = watched(browser, complaints)
    page.goto(f"{served.url}/board#key={room.teacher_key.reveal()}")
    expect(page.locator("#state")).to_contain_text("Open")
    yield page
    page.close()


def send(served: Running, seat: Seat, body: str = "Your code is 482915") -> int:
    answer = requests.post(
        f"{served.url}/v2.1/messages",
        json={"to": "12065550100", "from": seat.number, "body": body},
        auth=(seat.access_key, seat.secret_key.reveal()),
        timeout=30,
    )
    return answer.status_code


def row(board: Page, name: str) -> list[str]:
    """The cells of a row as they are read: name, where, sent, verified, refused, last seen."""
    cells = board.get_by_role("row").filter(has=board.get_by_role("button", name=name, exact=True))
    return [" ".join(text.split()) for text in cells.locator("th, td").all_inner_texts()]


def names(board: Page) -> list[str]:
    return board.locator("#rows th").all_inner_texts()


def test_somebody_joins_and_the_address_survives_a_reload(learner: Page, room: Room, served: Running, axe: Axe) -> None:
    learner.get_by_label("Your name").fill("Ana")
    learner.get_by_label("Class code").fill("AAAAA")
    learner.get_by_label("Class code").press("Enter")
    expect(learner.get_by_role("alert")).to_contain_text("not the code of this class")
    assert axe.complaints(learner) == []
    expect(learner.get_by_label("Class code")).to_be_focused()
    learner.get_by_label("Class code").fill(room.code.lower())
    learner.get_by_role("button", name="Join", exact=True).click()
    expect(learner.get_by_role("heading", name="You are in, Ana.")).to_be_visible()
    seat = room.places[0].seat
    address = seat.address(f"127.0.0.1:{served.port}")
    expect(learner.locator("#address")).to_have_text(address)
    expect(learner.locator("#joined")).to_contain_text("Join a class")
    assert axe.complaints(learner) == []
    learner.reload()
    expect(learner.locator("#address")).to_have_text(address)
    learner.get_by_role("button", name="Copy the address").click()
    expect(learner.locator("#copied")).to_have_text(re.compile("Copied|Selected"))
    learner.set_viewport_size({"width": 360, "height": 700})
    assert not learner.evaluate(TOO_WIDE)
    room.remove(seat.id)
    learner.reload()
    expect(learner.get_by_role("alert")).to_contain_text("Join again")
    expect(learner.get_by_label("Your name")).to_be_visible()


def test_the_teacher_watches_pauses_breaks_and_resets(
    board: Page, learner: Page, room: Room, served: Running, axe: Axe
) -> None:
    assert "key" not in board.url
    expect(board.get_by_text("Nobody has joined yet")).to_be_visible()
    for name in ("Ben", ATTACK):
        learner.get_by_label("Your name").fill(name)
        learner.get_by_label("Class code").fill(room.code)
        learner.get_by_role("button", name="Join", exact=True).click()
        learner.get_by_role("button", name="Join as somebody else").click()
    board.bring_to_front()  # a page behind another is drawn once a second
    expect(board.locator("#rows tr")).to_have_count(2)
    ben, other = (place.seat for place in room.places)
    assert names(board) == [ATTACK, "Ben"], "in order of their names"
    assert send(served, ben) == 202
    assert send(served, ben, "") == 422
    room.set_progress(room.place(ben.id), ["01.1", "01.2"])
    room.place(ben.id).note_verified("v1")
    expect(board.locator("#rows")).to_contain_text("2 of 4")
    assert row(board, "Ben") == ["Ben", "2 of 4 next 02.1 One request by hand", "1", "1", "1", "now"]
    assert row(board, ATTACK)[-1] in ("not yet", "now")
    assert board.evaluate("() => window.ran") is None
    assert axe.complaints(board) == []

    board.get_by_role("button", name="Where").click()
    assert names(board) == [ATTACK, "Ben"], "least progress first"
    board.get_by_role("button", name="Where").click()
    assert names(board) == ["Ben", ATTACK]
    board.get_by_role("button", name="Refused").click()
    assert names(board) == ["Ben", ATTACK], "the most refused first"
    board.get_by_role("button", name="Name", exact=True).click()
    board.get_by_label("Hide names").check()
    assert names(board) == ["Seat 1", "Seat 2"]
    board.get_by_label("Hide names").uncheck()

    # By keyboard: a row opens what was asked, without any code.
    board.get_by_role("button", name="Ben", exact=True).focus()
    board.keyboard.press("Enter")
    seat = board.get_by_role("dialog")
    expect(seat.get_by_role("heading", name="Ben")).to_be_visible()
    expect(seat).to_contain_text("2 of 2")
    expect(seat).to_contain_text("422")
    seat.get_by_role("button", name="Previous request").click()
    expect(seat).to_contain_text("Your code is ••••••")
    expect(seat).not_to_contain_text("482915")
    assert axe.complaints(board) == []
    board.keyboard.press("Escape")
    expect(seat).to_be_hidden()
    expect(board.get_by_role("button", name="Ben", exact=True)).to_be_focused()

    board.get_by_role("button", name="Pause all").click()
    expect(board.locator("#state")).to_contain_text("Paused")
    assert send(served, other) == 503
    assert axe.complaints(board) == []
    board.get_by_role("button", name="Go on").click()
    expect(board.locator("#state")).to_contain_text("Open")

    board.get_by_label("Break it for everyone").select_option("error-500")
    board.get_by_label("How long").select_option("")
    board.get_by_role("button", name="Break it", exact=True).click()
    expect(board.locator("#broken-what")).to_be_hidden()  # it may be on the wall
    board.get_by_text("Broken now").click()
    expect(board.locator("#broken-what")).to_have_text("The server fails (500), until you mend it.")
    assert (send(served, ben), send(served, other)) == (500, 500)
    board.get_by_role("button", name="Mend").click()
    expect(board.locator("#broken")).to_be_hidden()
    assert send(served, other) == 202

    board.get_by_role("button", name="Reset everybody").click()
    sure = board.get_by_role("dialog", name="Reset everybody?")
    assert axe.complaints(board) == []
    board.keyboard.press("Enter")  # the harmless answer has the focus
    expect(sure).to_be_hidden()
    assert room.place(ben.id).sent == 1
    board.get_by_role("button", name="Reset everybody").click()
    sure.get_by_role("button", name="Reset", exact=True).click()
    expect(board.locator("#said")).to_have_text("Everybody was reset.")
    assert row(board, "Ben")[1:5] == ["2 of 4 next 02.1 One request by hand", "0", "0", "0"]

    board.get_by_role("button", name=ATTACK, exact=True).click()
    board.get_by_role("dialog").get_by_role("button", name="Take this seat away").click()
    board.get_by_role("dialog", name="Take <img").get_by_role("button", name="Take it away").click()
    expect(board.locator("#rows tr")).to_have_count(1)
    for width in (1280, 640):
        board.set_viewport_size({"width": width, "height": 800})
        assert not board.evaluate(TOO_WIDE)


def test_without_the_link_the_board_is_locked(learner: Page, served: Running) -> None:
    learner.goto(f"{served.url}/board")
    expect(learner.locator("#locked")).to_be_visible()
    learner.goto(f"{served.url}/board#key=wrong")
    expect(learner.locator("#locked")).to_be_visible()
    expect(learner.locator("#all")).to_be_hidden()


def test_the_board_says_when_the_class_is_gone(board: Page, served: Running, room: Room, complaints: list[str]) -> None:
    room.close()
    served.stop()
    expect(board.locator("#state")).to_contain_text("does not answer")
    assert all("ERR_CONNECTION_REFUSED" in each for each in complaints)
    complaints.clear()
    board.evaluate("() => history.replaceState(null, '', '/')")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_full_class_is_readable(board: Page, room: Room, axe: Axe, scheme: str) -> None:
    for number in range(8):
        seat = room.join(
            ["Ana", "Ben", "Chi", "Dai", "Eva", "Finn", "Gül", "Herbert von der Hohen Mark zu Berg"][number], room.code
        )
        room.set_progress(room.place(seat.id), list(EXERCISES)[: number % 5])
    board.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    expect(board.locator("#rows tr")).to_have_count(8)
    assert axe.complaints(board) == []
    board.set_viewport_size({"width": 640, "height": 800})
    assert not board.evaluate(TOO_WIDE)
