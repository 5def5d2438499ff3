"""Signing in to Example Bank with the two forms: to the end, and with the slip that is made most."""

from __future__ import annotations

from hands import Hand
from lab_server import LabServer
from notebook_page import NotebookPage
from playwright.sync_api import expect

from helpers.forms.sample_app import CUSTOMER, PASSWORD

NEWEST = "SELECT status, checks FROM verifications WHERE account = 'ana' ORDER BY created_at DESC, rowid DESC LIMIT 1"
OPEN_SESSIONS = "SELECT count(*) FROM tokens WHERE kind = 'session' AND account = 'ana'"


def sign_in_with_two_slips(notebook: NotebookPage, hand: Hand, lab: LabServer, database: str) -> None:
    """A wrong password, then a wrong code, then the right one. Form, phone and database agree at each step."""
    sign_in, code, phone = notebook.form("Sign in"), notebook.form("Your code"), notebook.form("Sign in").phone
    texts = phone.texts.count()
    (sessions,) = lab.rows(database, OPEN_SESSIONS)[0]
    hand.begin_above(sign_in)
    hand.fill(sign_in, "User name", CUSTOMER)
    hand.fill(sign_in, "Password", PASSWORD[::-1])
    hand.submit(sign_in, "Sign in")
    sign_in.says("User name or password is wrong.")
    expect(sign_in.field("Password")).to_have_value("")
    expect(phone.texts).to_have_count(texts)

    hand.fill(sign_in, "Password", PASSWORD)
    hand.submit(sign_in, "Sign in")
    sign_in.says("Password right.")
    expect(sign_in.field("Password")).to_have_value("")
    right = phone.wait_for_code(texts + 1)
    assert lab.rows(database, NEWEST) == [("pending", 0)]

    hand.fill(code, "Code", f"{(int(right) + 1) % 1_000_000:06d}")
    hand.submit(code, "Check the code")
    code.says("That is not the code we sent. 4 tries left.")
    expect(code.field("Code")).to_have_value("")
    assert lab.rows(database, NEWEST) == [("pending", 1)]
    assert lab.rows(database, OPEN_SESSIONS) == [(sessions,)]

    hand.fill(code, "Code", right)
    hand.submit(code, "Check the code")
    code.says(f"You are signed in as {CUSTOMER}.")
    assert lab.rows(database, NEWEST) == [("approved", 2)]
    assert lab.rows(database, OPEN_SESSIONS) == [(sessions + 1,)]
    expect(phone.texts).to_have_count(texts + 1)
