"""What people are told before they give a phone number."""

from __future__ import annotations

from typing import Final

RESTRICTED_NOTICE: Final = (
    "Codes by text are the weaker way to protect an account: a number can be taken over by somebody who talks your "
    "phone company into it, and a text can be read on a locked screen. You can use an authenticator app instead, and "
    "keep recovery codes on paper for the day you lose your phone. Both are on your account page."
)
"""The telephone network is a restricted authenticator (NIST SP 800-63B-4 §3.1.3.3): whoever binds one is told what it
is worth, and what there is instead (§3.2.9). It stands where a number is asked for, before the number is typed."""
