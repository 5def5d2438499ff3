"""Notebook 05: an authenticator app is set up, and recovery codes are made."""

import pyotp
import pytest
from axe import Axe
from hands import Hand
from lab_server import LabServer
from notebook_page import NotebookPage
from playwright.sync_api import expect

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


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nothing_keeps_anybody_out(opened: NotebookPage, theme: str, axe: Axe) -> None:
    """After all of the above: the forms stand there refused, done and untouched."""
    opened.use_theme(theme)
    assert axe.complaints(opened.page) == []
