"""Write the pictures of README.md and TEACHING.md again, from the running course: ``make pictures``.

By the same code as the browser tests: the real JupyterLab on a copy of the notebooks, a Chromium without a window, and
the forms worked as a person works them.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import surroundings
from playwright.sync_api import BrowserContext, Locator, sync_playwright

HOME = Path(__file__).resolve().parent.parent
PICTURES = HOME / "pictures"
sys.path.insert(0, str(HOME / "tests" / "browser"))

import requests  # noqa: E402
from lab_server import LabServer, running_lab  # noqa: E402
from notebook_page import NotebookPage, new_page  # noqa: E402

from helpers.classroom import create_app, open_room  # noqa: E402
from helpers.classroom.kept import KeptClass  # noqa: E402
from helpers.exercises import EXERCISES  # noqa: E402
from helpers.forms.sample_app import CUSTOMER, PASSWORD  # noqa: E402
from helpers.simulator.server import serve_app  # noqa: E402

MOST_BYTES = 150_000
WINDOW = {"width": 1280, "height": 1400}


def main() -> None:
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        surroundings.enter(Path(folder) / "kernels")
        course = Path(folder) / "course"
        course.mkdir()
        program = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
        chromium = playwright.chromium.launch(executable_path=program, chromium_sandbox=False, args=["--disable-gpu"])
        window = chromium.new_context(viewport=WINDOW, color_scheme="light", reduced_motion="reduce")
        with running_lab(course) as lab:
            for take in (sign_in, one_request, signed_in_in_the_dark):
                take_pictures(window, lab, take)
        the_board(window)
        chromium.close()
    for picture in sorted(PICTURES.glob("*.png")):
        size = picture.stat().st_size
        print(f"{picture.relative_to(HOME)}: {size / 1000:.0f} kB")
        if size > MOST_BYTES:
            sys.exit(f"{picture.name} is larger than {MOST_BYTES / 1000:.0f} kB: README would load slowly.")


def take_pictures(window: BrowserContext, lab: LabServer, take: Callable[[NotebookPage], None]) -> None:
    with new_page(window, lab) as notebook:
        take(notebook)


def sign_in(notebook: NotebookPage) -> None:
    """The two forms and the phone, when the code has just arrived."""
    ask_for_a_code(notebook)
    save(output_of(notebook), "sign-in.png")


def one_request(notebook: NotebookPage) -> None:
    """A request by hand, and all that came back."""
    notebook.open("02-api-trial.ipynb")
    notebook.run_all()
    form = notebook.form("Try it out")
    form.type("Message", "Hello from the course!")
    form.button("Try it!").click()
    form.says("Flowroute took the message.")
    save(notebook.page.locator(".tf-exchange").first, "request.png")


def signed_in_in_the_dark(notebook: NotebookPage) -> None:
    """The same forms after the code, in JupyterLab's dark theme."""
    code = ask_for_a_code(notebook)
    notebook.use_theme("dark")
    form = notebook.form("Your code")
    form.type("Code", code)
    form.button("Check the code").click()
    form.says("You are signed in as")
    save(output_of(notebook), "signed-in-dark.png")


def the_board(window: BrowserContext) -> None:
    """A class at work, as its teacher sees it: made up, but for the network, which is the real one."""
    room = open_room(KeptClass.afresh(name="Security, Tuesday"), exercises={each.id: each.title for each in EXERCISES})
    ids = [each.id for each in EXERCISES]
    with serve_app(create_app(room)) as served:
        room.join_addresses = ("http://192.0.2.7:8025",)
        for name, done, texts in (("Ana", 7, 9), ("Ben", 5, 6), ("Cleo", 3, 4), ("Dina", 8, 12)):
            seat = room.join(name, room.code)
            place = next(each for each in room.places if each.seat.id == seat.id)
            room.set_progress(place, ids[:done])
            place.network.rate_limit = False  # a lesson's texts in one moment
            for number in range(texts):
                message = {"to": "12065550100", "from": seat.number, "body": "Hello from the course"}
                sent = requests.post(
                    f"{served.url}/v2.2/messages",
                    json=message if number % 4 != 3 else message | {"from": "12065550123"},
                    auth=(seat.access_key, seat.secret_key.reveal()),
                    timeout=5,
                )
                if sent.ok and number % 2:
                    place.note_verified(str(number))
        page = window.new_page()
        page.set_viewport_size({"width": WINDOW["width"], "height": 560})
        page.goto(f"{served.url}/board#key={room.teacher_key.reveal()}")
        page.get_by_text("Dina").wait_for()
        save(page.locator("body"), "board.png")
        page.close()


def ask_for_a_code(notebook: NotebookPage) -> str:
    notebook.open("00-start-here.ipynb")
    notebook.run_all()
    form = notebook.form("Sign in")
    texts = form.phone.texts.count()
    form.type("User name", CUSTOMER)
    form.type("Password", PASSWORD)
    form.button("Sign in").click()
    form.says("Password right.")
    return form.phone.wait_for_code(texts + 1)


def output_of(notebook: NotebookPage) -> Locator:
    """What the cell with the sign-in form shows."""
    cell = notebook.page.locator(".jp-Cell", has=notebook.page.get_by_role("form", name="Sign in")).first
    return cell.locator(".jp-OutputArea-output .widget-box").first


def save(part: Locator, name: str) -> None:
    """Take the picture once it stands still and the pointer is away."""
    part.scroll_into_view_if_needed()
    part.page.mouse.move(0, 0)
    box = part.bounding_box()
    assert box is not None, f"Nothing to see for {name}."
    clip = {"x": box["x"], "y": box["y"], "width": box["width"], "height": box["height"]}
    part.page.screenshot(path=PICTURES / name, clip=clip, animations="disabled", caret="hide")


if __name__ == "__main__":
    main()
