"""What comes back: texts from phones, and receipts for ours.

Flowroute posts them to an address of ours and signs nothing, so a post is believed in one thing alone: that it is worth
looking up the message it names. ``app.py`` takes a post and answers; ``payloads.py`` finds the id in it; ``store.py``
keeps the id, over ``tables.py``; then ``callbacks.py`` asks Flowroute for the record and acts on it:
``replies.py`` says what a text means, ``receipts.py`` what became of one of ours. ``redaction.py`` keeps the address
out of the logs.

``flask --app helpers.webhooks run`` serves it, on this machine alone.
"""

from helpers.webhooks.app import connect, create_app
from helpers.webhooks.callbacks import Callbacks, Outcome
from helpers.webhooks.payloads import NotACallback, message_id_in
from helpers.webhooks.replies import Word, help_text, word_of
from helpers.webhooks.store import Posted

__all__ = [
    "Callbacks",
    "NotACallback",
    "Outcome",
    "Posted",
    "Word",
    "connect",
    "create_app",
    "help_text",
    "message_id_in",
    "word_of",
]
