"""A class: joined in notebook 00 with one line, and used in notebook 04."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from axe import Axe
from lab_server import LabServer
from notebook_page import NotebookPage, new_page
from playwright.sync_api import BrowserContext, expect

from helpers.classroom import create_app, open_room
from helpers.classroom.kept import KeptClass
from helpers.classroom.room import Place, Room
from helpers.forms.sample_app import CUSTOMER, PASSWORD
from helpers.simulator.server import serve_app


@dataclass
class Class:
    room: Room
    place: Place
    address: str


@pytest.fixture
def lesson() -> Iterator[Class]:
    room = open_room(KeptClass.afresh(name="5b"))
    seat = room.join("Ana <3", room.code)
    place = room.admit(seat.access_key, seat.secret_key.reveal())
    assert place is not None
    with serve_app(create_app(room)) as running:
        yield Class(room, place, seat.address(f"127.0.0.1:{running.port}"))
        room.close()


def run_the_cell_with(page: NotebookPage, words: str) -> None:
    # Of the notebook in front: what stands in another tab is hidden. JupyterLab draws cells far below a little later.
    page.cells.filter(has_text=words).filter(visible=True).locator(".jp-InputPrompt").click()
    page.menu("Run", "runmenu:run")


def test_join_and_sign_in_over_the_class(browser: BrowserContext, lab: LabServer, lesson: Class, axe: Axe) -> None:
    with new_page(browser, lab) as page:
        page.open("00-start-here.ipynb")
        run_the_cell_with(page, "join_class_form(")
        joining = page.form("Join a class")
        joining.type("Class address", lesson.address.replace("@", "9@"))
        joining.button("Join the class").click()
        joining.says("ten letters and digits, the secret key")
        assert not lab.env_file.exists()

        joining.type("Class address", lesson.address)
        joining.button("Join the class").click()
        joining.says("You are Ana <3. Notebooks 02 to 04 text over the class's network now")
        expect(joining.field("Class address")).to_have_value("")
        assert axe.complaints(page.page) == []

        page.open_beside("04-verification.ipynb")
        run_the_cell_with(page, "check_setup(settings)")
        run_the_cell_with(page, "SampleApp(settings.for_form(), accounts")
        sign_in = page.form("Sign in")
        expect(sign_in.phone.texts).to_have_count(1, timeout=20_000)
        sign_in.type("User name", CUSTOMER)
        sign_in.type("Password", PASSWORD)
        sign_in.button("Sign in").click()
        sign_in.says("Password right.")
        code = page.form("Your code")
        code.type("Code", sign_in.phone.wait_for_code(2))
        code.button("Check the code").click()
        code.says(f"You are signed in as {CUSTOMER}.")
        assert (lesson.place.sent, lesson.place.refused) == (2, 0)

        lesson.room.paused = True
        sign_in.type("User name", CUSTOMER)
        sign_in.type("Password", PASSWORD)
        sign_in.button("Sign in").click()
        sign_in.says("Your teacher has paused the class.")
