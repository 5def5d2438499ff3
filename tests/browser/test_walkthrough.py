"""Each notebook in a real JupyterLab: Run All reaches the bottom, and the learner's own form comes to its success."""

import re
import stat
from pathlib import Path

from dotenv import dotenv_values
from lab_server import LabServer
from notebook_page import NotebookPage
from playwright.sync_api import expect

from helpers.forms.sample_app import CUSTOMER, PASSWORD

SECRET_KEY = "neverShownAgain" + "x7" * 8 + "z"


def test_start_here(notebook: NotebookPage, tmp_path: Path) -> None:
    notebook.open_as_make_lab_does()
    assert notebook.page.url.endswith("/notebooks/00-start-here.ipynb")
    notebook.run_all()

    diagram = notebook.page.locator(".jp-RenderedMermaid img")
    expect(diagram).to_have_attribute("src", re.compile("^data:image/svg"))
    diagram.scroll_into_view_if_needed()
    assert diagram.evaluate("image => image.decode().then(() => image.naturalWidth)") > 100
    notebook.page.screenshot(path=tmp_path / "diagram.png")

    sign_in_with_one_slip(notebook, tmp_path)


def test_setup(notebook: NotebookPage, lab: LabServer, tmp_path: Path) -> None:
    notebook.open("01-setup.ipynb")
    notebook.run_all()
    lab.env_file.write_text("# mine\nCOFFEE=strong\n", encoding="utf-8")

    form = notebook.form("Your .env")
    form.type("Access Key", " 12345678 ")
    form.type("Secret Key", SECRET_KEY)
    form.type("Your Flowroute number", "206-555-0199")
    form.button("Save to .env").click()
    form.says("Saved in .env: FLOWROUTE_ACCESS_KEY, FLOWROUTE_MODE, FLOWROUTE_NUMBER, FLOWROUTE_SECRET_KEY,")
    notebook.page.screenshot(path=tmp_path / "saved.png")

    expect(form.field("Secret Key")).to_have_value("")
    assert SECRET_KEY not in notebook.page.content()
    assert stat.S_IMODE(lab.env_file.stat().st_mode) == 0o600
    saved = dotenv_values(lab.env_file)
    assert len(saved.pop("TWO_FACTOR_CODE_KEY") or "") == 64
    assert saved == {
        "COFFEE": "strong",
        "FLOWROUTE_MODE": "practice",
        "FLOWROUTE_ACCESS_KEY": "12345678",
        "FLOWROUTE_SECRET_KEY": SECRET_KEY,
        "FLOWROUTE_NUMBER": "+12065550199",
    }


def test_api_trial(notebook: NotebookPage, tmp_path: Path) -> None:
    notebook.open("02-api-trial.ipynb")
    notebook.run_all()
    form, answer = notebook.form("Try it out"), notebook.page.locator(".tf-exchange").first
    expect(answer).not_to_contain_text("200 OK")

    form.type("Message", "Typed by hand.")
    form.button("Try it!").click()

    form.says("200 OK: Flowroute took the message.")
    expect(answer).to_contain_text("200 OK")
    expect(answer).to_contain_text("Typed by hand.")
    expect(notebook.phone.wait_for_text(1)).to_contain_text("Typed by hand.")
    notebook.page.screenshot(path=tmp_path / "sent.png")


def test_sending(notebook: NotebookPage, tmp_path: Path) -> None:
    notebook.open("03-sending.ipynb")
    notebook.run_all()
    form = notebook.form("Look at a number")

    form.type("Phone number", "206-555-014")
    form.button("Check").click()
    expect(form.field("Phone number")).to_have_attribute("aria-invalid", "true")
    expect(form.field("Phone number")).to_have_value("206-555-014")
    notebook.page.screenshot(path=tmp_path / "refused.png")

    form.type("Phone number", "206-555-0142")
    form.button("Check").click()
    form.says("Flowroute gets 12065550142.")
    notebook.page.screenshot(path=tmp_path / "read.png")


def test_verification(notebook: NotebookPage, tmp_path: Path) -> None:
    notebook.open("04-verification.ipynb")
    notebook.run_all()

    sign_in_with_one_slip(notebook, tmp_path)


def sign_in_with_one_slip(notebook: NotebookPage, tmp_path: Path) -> None:
    sign_in, code = notebook.form("Sign in"), notebook.form("Your code")
    expect(code.field("Code")).to_be_disabled()
    texts_before = notebook.phone.texts.count()
    sign_in.type("User name", CUSTOMER)
    sign_in.type("Password", PASSWORD)
    sign_in.button("Sign in").click()
    sign_in.says("Password right.")
    expect(sign_in.field("Password")).to_have_value("")

    right = notebook.phone.wait_for_code(texts_before + 1)
    notebook.page.screenshot(path=tmp_path / "the-code-is-there.png")
    code.type("Code", f"{(int(right) + 1) % 1_000_000:06d}")
    code.button("Check the code").click()
    code.says("That is not the code we sent. 4 tries left.")
    expect(code.field("Code")).to_have_value("")
    notebook.page.screenshot(path=tmp_path / "wrong-code.png")

    code.type("Code", right)
    code.button("Check the code").click()
    code.says(f"You are signed in as {CUSTOMER}.")
    notebook.page.screenshot(path=tmp_path / "signed-in.png")
