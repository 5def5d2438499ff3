"""Notebook 05: an authenticator app is set up, recovery codes are made, and one of them lets somebody in."""

import pyotp
import pytest
from axe import Axe
from exercise_cells import do_wrong_then_right, exercises_of
from hands import Hand
from lab_server import LabServer
from notebook_page import NotebookPage
from playwright.sync_api import expect

from helpers.exercises.exercise import Exercise
from helpers.forms.sample_app import PASSWORD

NOTEBOOK = "05-in-production.ipynb"
DATABASE = "05-in-production-practice-form"
APPS = "SELECT state FROM totp_apps WHERE account = 'ana' ORDER BY state"
RECOVERY_CODES = "SELECT count(*) FROM recovery_codes WHERE account = 'ana'"


def test_authenticator_app(opened: NotebookPage, hand: Hand, lab: LabServer) -> None:
    form = opened.form("Authenticator app")
    hand.begin_above(form)
    hand.press(form, "Show the QR code")
    form.says("Scan it within ten minutes")
    expect(form.root.get_by_role("img")).to_be_visible()
    app = pyotp.TOTP(form.root.locator(".tf-hand-out pre").inner_text().replace(" ", ""))
    assert ("pending",) in lab.rows(DATABASE, APPS)

    hand.fill(form, "Code of the app", f"{(int(app.now()) + 333_333) % 1_000_000:06d}")
    hand.submit(form, "Check the code")
    form.says("That is not the code that your app shows now.")
    assert ("pending",) in lab.rows(DATABASE, APPS)

    hand.fill(form, "Code of the app", app.now())
    hand.submit(form, "Check the code")
    form.says("Your authenticator app is set up.")
    expect(form.root.locator(".tf-hand-out")).to_be_hidden()
    assert lab.rows(DATABASE, APPS) == [("active",)]


def test_recovery_codes(opened: NotebookPage, hand: Hand, lab: LabServer) -> None:
    form = opened.form("Recovery codes")
    hand.press(form, "Make ten codes")
    form.says("10 new codes are on the screen, this once.")
    lines = form.root.locator(".tf-hand-out pre").inner_text().splitlines()
    assert len(set(lines)) == 10
    assert lab.rows(DATABASE, RECOVERY_CODES) == [(10,)]

    hand.press(form, "I have them: hide them")
    form.says("You have 10 recovery codes.")
    assert not [line for line in lines if line in opened.page.content()]


def test_in_by_a_recovery_code(opened: NotebookPage, hand: Hand, lab: LabServer) -> None:
    codes, sign_in, other = opened.form("Recovery codes"), opened.form("Sign in"), opened.form("Another way")
    hand.press(codes, "Make ten codes")
    codes.answered()  # until then older codes may stand there
    expect(codes.root.locator(".tf-hand-out pre")).to_be_visible()
    paper = codes.root.locator(".tf-hand-out pre").inner_text().splitlines()
    hand.fill(sign_in, "User name", "ana")
    hand.fill(sign_in, "Password", PASSWORD)
    hand.submit(sign_in, "Sign in")
    # The second hand comes so soon that no text is sent again: another way needs none.
    expect(other.field("Recovery code")).to_be_enabled()

    hand.fill(other, "Recovery code", paper[0][::-1])
    hand.press(other, "Sign in with a recovery code")
    other.says("✗")
    assert lab.rows(DATABASE, RECOVERY_CODES) == [(10,)]

    hand.fill(other, "Recovery code", paper[0])
    hand.press(other, "Sign in with a recovery code")
    other.says("You are signed in as ana.")
    other.says("You have 9 recovery codes left.")
    assert lab.rows(DATABASE, RECOVERY_CODES) == [(9,)]
    expect(opened.form("Your code").field("Code")).to_be_disabled()


@exercises_of(NOTEBOOK)
def test_exercise(opened: NotebookPage, exercise: Exercise) -> None:
    do_wrong_then_right(opened, exercise)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nothing_keeps_anybody_out(opened: NotebookPage, theme: str, axe: Axe) -> None:
    """After all of the above: the forms stand there refused, done and untouched."""
    opened.use_theme(theme)
    assert axe.complaints(opened.page) == []
