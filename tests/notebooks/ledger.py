"""A start-up file for the kernels of test_leaks.py: it writes down every secret that a notebook makes or uses.

The ledger is a file apart, one JSON object a line. All logging goes into a file beside it, at the most talkative level.
"""


def _keep_a_ledger() -> None:
    # All names live in here: a start-up file shares its names with the notebook.
    import json
    import logging
    import os
    import secrets
    from functools import partialmethod
    from pathlib import Path
    from typing import Any

    from argon2 import PasswordHasher

    from helpers.phone_numbers import PhoneNumber
    from helpers.secret import Secret
    from helpers.verification import sending, verifier

    # Which passwords are hashed is the subject, not the work on them. What a notebook asks for itself stays.
    PasswordHasher.__init__ = partialmethod(  # type: ignore[assignment, method-assign]
        PasswordHasher.__init__, time_cost=1, memory_cost=8, parallelism=1
    )
    folder = Path(os.environ["LEDGER_FOLDER"])
    # Who logged is not asked for, and finding it out for 100,000 lines takes longer than writing them.
    logging._srcfile = None  # type: ignore[attr-defined]
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    logging.basicConfig(filename=folder / "log.txt", level=logging.DEBUG, force=True)
    logging.getLogger("sqlalchemy").setLevel(logging.INFO)  # it keeps quiet unless asked; people do ask it
    written: set[tuple[str, str]] = set()

    def write(kind: str, value: str | bytes) -> None:
        entry = (kind, value.hex() if isinstance(value, bytes) else value)
        if entry not in written:
            written.add(entry)
            with (folder / "ledger.jsonl").open("a", encoding="utf-8") as file:
                file.write(json.dumps({"kind": entry[0], "value": entry[1]}) + "\n")

    def watch(owner: Any, name: str, kind: str, *, argument: int | None) -> None:
        """Write down one argument of each call, or what it returns."""
        original = getattr(owner, name)

        def watched(*arguments: Any, **named: Any) -> Any:
            if argument is not None:
                write(kind, [*arguments, *named.values()][argument])
            result = original(*arguments, **named)
            if argument is None:
                write(kind, result)
            return result

        setattr(owner, name, watched)

    watch(sending, "code_text", "code", argument=0)  # the codes that are sent, not every one that is drawn
    watch(verifier, "_new_id", "id", argument=None)  # drawn like a token, and no secret
    watch(secrets, "token_urlsafe", "secret", argument=None)
    watch(secrets, "token_hex", "secret", argument=None)
    watch(PasswordHasher, "hash", "password", argument=1)
    watch(PasswordHasher, "verify", "password", argument=2)
    watch(Secret, "__init__", "secret", argument=1)
    watch(PhoneNumber, "__init__", "number", argument=1)


_keep_a_ledger()
del _keep_a_ledger
