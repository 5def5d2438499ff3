"""The article's sample program of 2016, step by step, in Python: short, friendly, and full of holes.

Notebook 04 runs each step once, shows what goes wrong, and closes the hole with the course's own parts.
"""

import random
import re


def check_user(username: str, password: str, *, access_key: str, secret_key: str) -> bool:
    """Step 5. The user name and the password are the API keys."""
    return username == access_key and password == secret_key


def ask_number(typed: str) -> str:
    """Step 6. Whoever signs in says which phone gets the code; eleven digits will do."""
    if not re.match(r"^\d{11}$", typed):
        raise ValueError("must be 11 digits")
    return typed


def make_code() -> int:
    """Step 7. A number from a generator that can be predicted, without leading zeros."""
    return random.randint(1000, 9999)  # noqa: S311


def check_code(sent: int, typed: str) -> bool:
    """Step 8. Right for ever, as often as you like, however many guesses it took."""
    return str(sent) == typed
