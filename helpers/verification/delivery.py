"""What became of a text, read from its message record (flowroute-api.md §6.2, §6.3)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from helpers.flowroute import MessageRecord, Receipt

DELIVERED: Final = 1004
"""The code of "delivered to handset". Lower ones are on the way to it, higher ones name a failure (§6.3)."""

State = Literal["on its way", "delivered", "undeliverable", "unknown", "not sent"]
_WORDS: dict[State, str] = {
    "on its way": "Accepted, not yet delivered.",
    "delivered": "Delivered, and not typed yet.",
    "undeliverable": "This phone did not take our text. It may be a landline, or one that gets no texts.",
    "unknown": "Nobody can say yet whether the text left.",
    "not sent": "No text has left.",
}


@dataclass(frozen=True, slots=True)
class Delivery:
    """Where the newest text of a verification is."""

    state: State
    message_id: str | None = None
    receipt: Receipt | None = None
    """The receipt that says so."""

    @property
    def words(self) -> str:
        """For the person who waits for the text."""
        return _WORDS[self.state]


def delivery_of(record: MessageRecord) -> Delivery:
    """Read a record. Receipts can come in any order, so one that says delivered counts wherever it stands.

    That a text ends at "accepted by the carrier" is usual, and says nothing against it.
    """
    delivered = next((receipt for receipt in record.receipts if _says_delivered(receipt)), None)
    failed = next((receipt for receipt in record.receipts if _says_failed(receipt)), None)
    if delivered is not None or record.status == "delivered":
        return Delivery("delivered", record.id, delivered)
    if failed is not None or record.status == "failed":
        return Delivery("undeliverable", record.id, failed)
    return Delivery("on its way", record.id, next(iter(record.receipts), None))


def _says_delivered(receipt: Receipt) -> bool:
    return receipt.status_code == DELIVERED or receipt.status == "delivered"


def _says_failed(receipt: Receipt) -> bool:
    return receipt.status == "failed" or (receipt.status_code is not None and receipt.status_code > DELIVERED)
