"""Trials of texts: what stands in them, which numbers get them, and how many leave."""

from __future__ import annotations

import re
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Final

from sqlalchemy import func, select

from helpers.display.assets import script
from helpers.display.phone import code_in
from helpers.forms.code import CodeModel
from helpers.message_length import NANODOLLARS_PER_CENT, measure
from helpers.phone_numbers import PhoneNumber
from helpers.standards.finding import Finding
from helpers.standards.rehearsal import ACCOUNT, CLIENT, MOST_TRIES, PHONE, PURPOSE, Site, ending, in_short
from helpers.verification import SendLimitReached
from helpers.verification.guard import DAY_MS, EVERYWHERE, Kind, PlannedText
from helpers.verification.tables import send_totals, sends

LONGEST_TEXT: Final = 160
MOST_TEXTS: Final = 200
"""A limit that lets so many texts through in an hour is none."""
DEAREST_DAY_CENTS: Final = Decimal(100_000)
"""A budget above a thousand dollars a day would not be felt by who pumps texts at a site of the course's size."""
NOT_SERVED: Final = {"Jamaica": "+18765550123", "the Dominican Republic": "+18095550123"}
NOT_A_POCKET: Final = {"a premium line": "+19005550123", "a toll-free line": "+18005550123"}
IMPOSSIBLE: Final = {
    "sixteen digits": "+1206555010000000",
    "an area code that begins with 1": "+1 106 555 0100",
    "an exchange that begins with 1": "+1 206 155 0100",
}


# What stands in a text


def origin_bound(site: Site) -> Finding:
    """The last line binds the code to the site, in the form that phones read."""
    with site.rehearse() as trial:
        trial.start()
        body, code = trial.outbox.texts[-1][1], trial.code
    last = body.splitlines()[-1]
    held = last == f"@{site.origin} #{code}" and code_in(body) == code and body.isascii() and len(body) <= LONGEST_TEXT
    size = f"{len(body)} characters, {measure(body).encoding_name}, {measure(body).segments} segment"
    return Finding(held, f"the last line of a trial text is “{last.replace(code, 'CODE')}”; the text has {size}")


def one_code_field(site: Site) -> Finding:
    """A code is typed into one field that phones and keyboards know."""
    fields = [field for field in CodeModel.fields if field.kind == "code"]
    numeric = re.search(r'\bcode: "numeric"', script("form", package="helpers.forms")) is not None
    autocomplete = ", ".join(field.autocomplete for field in fields)
    how = f"the code form has {len(fields)} field with autocomplete {autocomplete!r}"
    held = len(CodeModel.fields) == 1 and autocomplete == "one-time-code" and numeric
    return Finding(held, f"{how} and {'a' if numeric else 'no'} numeric keyboard")


# Which numbers


def numbers_that_can_be(site: Site) -> Finding:
    """Numbers are read by the plan, kept as E.164, and turned into Flowroute's form at the edge."""
    refused = {what: _refused(site, number) for what, number in IMPOSSIBLE.items()}
    with site.rehearse() as trial:
        kept = trial.start("(206) 555-0100").phone.e164
        on_the_wire = trial.outbox.texts[-1][0]
    held = all(refused.values()) and kept == PHONE and on_the_wire == PHONE.removeprefix("+")
    listed = ", ".join(what for what, gone in refused.items() if gone) or "nothing"
    forms = f"+ and {len(kept) - 1} digits, and sent as {len(on_the_wire)} digits"
    return Finding(held, f"refused: {listed}; a number as people write it is kept as {forms}")


def countries_and_kinds(site: Site) -> Finding:
    """Countries that are not served and lines that cost extra get no text."""
    budget = site.policy.budget
    let_through = [what for what, number in (NOT_SERVED | NOT_A_POCKET).items() if not _refused(site, number)]
    how = f"budget.regions: {', '.join(budget.regions)}; let through in a trial: {', '.join(let_through) or 'none'} of "
    held = not set(NOT_A_POCKET) & set(let_through) and not set(NOT_SERVED) <= set(let_through)
    return Finding(held, f"{how}{', '.join(NOT_SERVED | NOT_A_POCKET)}")


# How many


def texts_have_a_limit(site: Site) -> Finding:
    """Whoever makes one phone ring again and again is stopped."""
    with site.rehearse() as trial:
        for number in range(MOST_TRIES):
            account = f"account {number}"
            end = ending(
                lambda: trial.verifier.start(PHONE, account=account, purpose=PURPOSE, client=CLIENT).status  # noqa: B023
            )
            if end != "pending":
                break
        sent = len(trial.outbox.texts)
    return Finding(end != "pending", f"one phone, a new account each time: {sent} texts left, then {end}")


def limits_per_whom(site: Site) -> Finding:
    """Texts are limited per number, per prefix, per client, and per account."""
    met = {
        "to one phone": _after_a_flood(site, "enrolment", phone=PHONE),
        "to one prefix": _after_a_flood(site, "enrolment", prefix="+1206555"),
        "for one client": _after_a_flood(site, "confirmed", client=CLIENT),
        "for one account": _after_a_flood(site, "confirmed", account=ACCOUNT),
    }
    how = ", ".join(f"{whom}: {limit or 'nothing'}" for whom, limit in met.items())
    return Finding(
        all(met.values()), f"in a trial, after {MOST_TEXTS} texts in an hour one more met these limits: {how}"
    )


def growing_waits(site: Site) -> Finding:
    """The wait for the next text grows with each text."""
    with site.rehearse() as trial:
        for _ in range(4):
            verification = trial.start()
            trial.verifier.cancel(verification.id, account=verification.account, purpose=verification.purpose)
        waits = [wait for error, wait in trial.waits if error == "TooSoon"]
    how = f"in a trial the waits between four texts were {', '.join(map(in_short, waits)) or 'none'}"
    longest = site.policy.longest_resend_wait
    grew = all(later > earlier or later == longest for earlier, later in pairwise(waits))
    return Finding(len(waits) == 3 and grew and waits[0] < waits[-1], how)


def daily_budget(site: Site) -> Finding:
    """A day has a budget of its own, in texts and in money."""
    budget = site.policy.budget
    by_texts = _day_is_full(site, messages=budget.daily_messages, nanodollars=0)
    by_cost = _day_is_full(site, messages=0, nanodollars=int(budget.daily_cents * NANODOLLARS_PER_CENT))
    how = (
        f"budget.daily_messages is {budget.daily_messages:,}, budget.daily_cents {budget.daily_cents:,}; after a day "
        f"of so many texts the next one met: {by_texts or 'nothing'}; after so many cents: {by_cost or 'nothing'}"
    )
    if budget.daily_cents > DEAREST_DAY_CENTS:
        return Finding(False, f"{how}, which is more than ${DEAREST_DAY_CENTS / 100:,} a day")
    return Finding(bool(by_texts and by_cost), how)


def conversion_is_watched(site: Site) -> Finding:
    """Somebody is told when few texts lead to an approval."""
    most = min(site.policy.budget.conversion_sample + 1, MOST_TEXTS)
    with site.rehearse() as trial:
        for number in range(1, most + 1):
            text = _planned("confirmed", number)
            try:
                with trial.store.transaction(text.account) as connection:
                    alarms = trial.verifier.guard.reserve(connection, text, now=trial.clock.now_ms())
            except SendLimitReached as error:
                return Finding(False, f"in a trial of texts without approvals, the limit “{error.limit}” came first")
            if alarms:
                return Finding(True, f"in a trial of texts without approvals, the alarm came with text {number}")
    return Finding(False, f"in a trial of {most} texts without approvals, no alarm came")


def documented(site: Site) -> Finding:
    """The limits stand in writing, and how they lock nobody out."""
    path = Path(__file__).resolve().parents[2] / "SECURITY.md"
    if not path.is_file():
        return Finding(False, "there is no SECURITY.md beside the course")
    section = path.read_text(encoding="utf-8").partition("\n## Rate limits")[2].partition("\n## ")[0]
    policy, budget = site.policy, site.policy.budget
    numbers = {
        "max_checks": policy.max_checks,
        "max_sends": policy.max_sends,
        "account_failure_cap": policy.account_failure_cap,
        "per_phone": budget.per_phone,
        "per_account": budget.per_account,
        "per_client": budget.per_client,
        "per_prefix": budget.per_prefix,
        "daily_messages": budget.daily_messages,
    }
    missing = [f"{name} ({number:,})" for name, number in numbers.items() if not re.search(rf"\b{number:,}\b", section)]
    how = f"SECURITY.md, “Rate limits”, names {len(numbers) - len(missing)} of the {len(numbers)} limits that run here"
    return Finding("lock" in section and not missing, f"{how}{', not: ' if missing else ''}{', '.join(missing)}")


def _refused(site: Site, number: str) -> bool:
    return ending(lambda: site.verifier.guard.require_textable(number)) == "PhoneNumberError"


def _planned(
    kind: Kind, number: int, *, phone: str = "", prefix: str = "", client: str = "", account: str = ""
) -> PlannedText:
    """The so-manyth text, each with another phone, client and account, but for what is to be the same."""
    return PlannedText(
        id=f"text {number}",
        phone=PhoneNumber(phone or f"{prefix or f'+1206{number % 800 + 200}'}{number % 100 + 100:04d}"),
        account=account or f"account {number}",
        client_key=client or f"client {number}",
        kind=kind,
        segments=1,
    )


def _after_a_flood(site: Site, kind: Kind, **same: str) -> str:
    """Which limit refuses one more text after an hour of many that had the same in common; "" for none."""
    with site.rehearse() as trial, trial.store.transaction("flooded") as connection:
        now = trial.clock.now_ms()
        try:
            for number in range(2):
                trial.verifier.guard.reserve(connection, _planned(kind, number, **same), now=now)
            # What the two were counted under together stands twice in the ledger: as if many more had been sent.
            twice = select(sends.c.key).group_by(sends.c.key).having(func.count() == 2)
            keys = connection.execute(twice).scalars().all()
            rows = [{"key": key, "at": now, "text": f"flood {number}"} for key in keys for number in range(MOST_TEXTS)]
            connection.execute(sends.insert(), rows)
            trial.verifier.guard.reserve(connection, _planned(kind, 2, **same), now=now)
        except SendLimitReached as error:
            return error.limit
    return ""


def _day_is_full(site: Site, *, messages: int, nanodollars: int) -> str:
    """Which limit refuses the next text of a day that has had so many already; "" for none."""
    with site.rehearse() as trial, trial.store.transaction("late") as connection:
        now = trial.clock.now_ms()
        used = {"messages": messages, "nanodollars": nanodollars, "approved": 0, "alarmed": 1}
        connection.execute(send_totals.insert().values(day=now // DAY_MS, prefix=EVERYWHERE, kind="confirmed", **used))
        try:
            trial.verifier.guard.reserve(connection, _planned("confirmed", 0), now=now)
        except SendLimitReached as error:
            return error.limit
    return ""
