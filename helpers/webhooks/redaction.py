"""Keeps the secret of our address out of the logs (OWASP Logging Cheat Sheet, "Data to exclude")."""

from __future__ import annotations

import logging

from helpers.secret import Secret

REDACTED = "…"


class Redaction(logging.Filter):
    """Replaces a secret wherever a log record would show it: in the words, their values, and the traceback."""

    def __init__(self, secret: Secret[str]) -> None:
        super().__init__()
        self._secret = secret

    def filter(self, record: logging.LogRecord) -> bool:
        """Let every record through, without the secret."""
        record.msg, record.args = self._without(record.getMessage()), ()
        if record.exc_info and not record.exc_text:
            record.exc_text = logging.Formatter().formatException(record.exc_info)
        if record.exc_text:
            # A handler may format the exception anew, with what it says in it: it gets the text alone.
            record.exc_text, record.exc_info = self._without(record.exc_text), None
        return True

    def _without(self, text: str) -> str:
        return text.replace(self._secret.reveal(), REDACTED)


def redact(secret: Secret[str], *names: str) -> None:
    """Keep a secret out of these loggers."""
    for name in names:
        logger = logging.getLogger(name)
        if not any(isinstance(known, Redaction) and known._secret == secret for known in logger.filters):
            logger.addFilter(Redaction(secret))
