"""What became of each attack, and what it cost. Only what happened is entered: nothing here knows who should win."""

from __future__ import annotations

from decimal import Decimal
from html import escape
from typing import Final, Literal

from helpers import Settings
from helpers.flowroute import MessageRecord
from helpers.message_length import NANODOLLARS_PER_CENT
from naive.attacks import Result

Version = Literal["naive", "ours"]
PAGE: Final = 200
ATTACKS: Final = {
    1: "brute force",
    2: "refill by resend",
    3: "race",
    4: "replay",
    5: "another account's code",
    6: "code moved to another phone",
    7: "finding out names",
    8: "pumping",
    9: "the clock's edge",
    10: "stolen log and database",
    11: "shutting the owner out",
    12: "false page, autofill",
    13: "false page, typed and passed on",
    14: "number moved to another SIM",
}


class Bill:
    """The texts that a practice network sent since the bill was opened, read from its message records."""

    def __init__(self, settings: Settings) -> None:
        self._flowroute = settings.client()
        self._start = settings.clock.now()
        self._before = {record.id for record in self._records()}

    def total(self) -> tuple[int, Decimal]:
        """How many texts, and their price in cents."""
        new = [record for record in self._records() if record.id not in self._before]
        return len(new), Decimal(sum(record.amount_nanodollars or 0 for record in new)) / NANODOLLARS_PER_CENT

    def _records(self) -> list[MessageRecord]:
        records = self._flowroute.list_messages(start=self._start, page_size=PAGE)
        return [record for record in records if record.direction == "outbound"]


class Scoreboard:
    """Fourteen attacks on two versions."""

    def __init__(self) -> None:
        self._entries: dict[tuple[int, Version], tuple[Result, int, Decimal]] = {}

    def enter(self, attack: int, version: Version, result: Result, bill: Bill | None = None) -> None:
        """Write down how an attack ended, and print it. Of several results for one place, a break-in stays.

        Args:
            bill: what the attack cost; None where it sent nothing.
        """
        texts, cents = bill.total() if bill else (0, Decimal(0))
        place = (attack, version)
        before = self._entries.get(place)
        if before is None or result.won >= before[0].won:
            self._entries[place] = (result, texts, cents)
        print(f"{version:5}  {_verdict(version, result):9}  {result.words}  [{_price(texts, cents)}]")

    @property
    def attacks(self) -> list[str]:
        """What has been tried."""
        return [ATTACKS[attack] for attack in sorted({attack for attack, _ in self._entries})]

    def lost(self, version: Version) -> list[str]:
        """The attacks that a version did not stand."""
        return [
            ATTACKS[attack]
            for (attack, of), (result, *_) in sorted(self._entries.items())
            if of == version and result.won
        ]

    def __repr__(self) -> str:
        lines = []
        for attack, name in ATTACKS.items():
            lines.append(f"{attack:2} {name}")
            for version in ("naive", "ours"):
                verdict, words, price = self._cells(attack, version)
                lines.append(f"   {version:5}  {verdict:9}  {words}  [{price}]")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        head = "".join(
            f'<th scope="col" style="text-align:left">{title}</th>'
            for title in ("", "attack", "naive", "cost", "ours", "cost")
        )
        rows = []
        for attack, name in ATTACKS.items():
            cells = [str(attack), escape(name)]
            for version in ("naive", "ours"):
                verdict, words, price = self._cells(attack, version)
                cost = price.replace(" ", "&nbsp;").replace(",&nbsp;", ", ")  # breaks between texts and cents alone
                cells += [f"<strong>{verdict}</strong><br>{escape(words)}", cost]
            rows.append("".join(f'<td style="text-align:left">{cell}</td>' for cell in cells))
        body = "".join(f"<tr>{row}</tr>" for row in rows)
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"

    def _cells(self, attack: int, version: Version) -> tuple[str, str, str]:
        entry = self._entries.get((attack, version))
        if entry is None:
            return "not tried", "", ""
        result, texts, cents = entry
        return _verdict(version, result), result.words, _price(texts, cents)


def _verdict(version: Version, result: Result) -> str:
    if not result.won:
        return "stands"
    return "falls" if version == "naive" else "loses too"


def _price(texts: int, cents: Decimal) -> str:
    if not texts:
        return "no text"
    return f"{texts:,} text{'' if texts == 1 else 's'}, {cents.normalize():,f} cents"
