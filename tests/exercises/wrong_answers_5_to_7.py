"""The same for notebooks 05 to 07."""

from __future__ import annotations

from wrong_answers import Answers


def _handling(body: str) -> str:
    lines = "\n".join(f"    {line}" for line in body.strip().splitlines())
    imports = "from helpers.database import DatabaseUnavailable\nfrom helpers.flowroute import NotFound, ServerError\n"
    return f"{imports}\n\ndef handle(post, look_up, act, done):\n{lines}\n"


def _policy(budget: str, more: str = "") -> str:
    return (
        "from datetime import timedelta\nfrom decimal import Decimal\n\n"
        "from helpers.verification import Policy, SendBudget\n\n"
        f"my_policy = Policy(budget=SendBudget({budget}){more})\n"
    )


def _mended(body: str) -> str:
    lines = "\n".join(f"    {line}" for line in body.strip().splitlines())
    return f"from naive.three_tries import ThreeTries\n\n\nclass Mended(ThreeTries):\n{lines}\n"


def _attack(body: str) -> str:
    lines = "\n".join(f"    {line}" for line in body.strip().splitlines())
    return f"import random\n\n\ndef attack(bank):\n{lines}\n"


_LIMITS = 'regions=("US",), segment_cents=Decimal("1.2"), daily_cents=Decimal(2000)'
_WAIT = "def wait_before_next(sent, now): return "
_TRY = "try:\n    act(look_up(post['id']))\nexcept (NotFound, ServerError, DatabaseUnavailable):\n    return 503\n"
_KEEP = "tries = 0\n\ndef send_code(self):\n    tries = self.tries\n    super().send_code()\n"

WRONG_ANSWERS: Answers = {
    "05.1": (
        (_WAIT + "30", "Nothing has been sent yet"),
        (
            "def wait_before_next(sent, now):\n"
            "    if not sent: return 0\n"
            "    pause = min(30 * 2 ** (len(sent) - 1), 600)\n"
            "    return max(0, pause - (now - sent.pop()).total_seconds())",
            "It changes the list that it is given",
        ),
        (
            _WAIT
            + "max(0, int(min(30 * 2 ** (len(sent) - 1), 600) - (now - sent[-1]).total_seconds())) if sent else 0",
            "29.5 seconds after text 1, half a second is left. Yours says 0.",
        ),
        ("def wait_before_next(sent, now): print(30)", "Return the seconds, as a number"),
        (
            "from datetime import timedelta\ndef wait_before_next(sent, now): return timedelta(0)",
            "Return seconds: `.total_seconds()`",
        ),
        (
            _WAIT + "max(0, 30 - (now - sent[-1]).total_seconds()) if sent else 0",
            "The wait doubles with each text",
        ),
        (
            _WAIT + "max(0, min(30 * 2 ** len(sent), 600) - (now - sent[-1]).total_seconds()) if sent else 0",
            "one doubling too many",
        ),
        (
            _WAIT + "max(0, 30 * 2 ** (len(sent) - 1) - (now - sent[0]).total_seconds()) if sent else 0",
            "Count from the last text",
        ),
        (
            _WAIT + "max(0, 30 * 2 ** (len(sent) - 1) - (now - sent[-1]).total_seconds()) if sent else 0",
            "never grows beyond ten minutes",
        ),
        (_WAIT + "min(30 * 2 ** (len(sent) - 1), 600) if sent else 0", "Take off what has passed"),
        (
            _WAIT + "min(30 * 2 ** (len(sent) - 1), 600) - (now - sent[-1]).total_seconds() if sent else 0",
            "31 seconds after text 1 the wait is over: 0, and yours says -1",
        ),
        (
            _WAIT + "max(0, min(30 * 2 ** (len(sent) - 1), 600) - (now - sent[-1]).seconds) if sent else 0",
            "`.seconds` leaves out whole days",
        ),
        (_WAIT + "1 if sent else 0", "0 seconds after text 1, 30 seconds are left. Yours says 1."),
    ),
    "05.2": (
        ("my_policy = 20", "`my_policy` is a whole number, not a Policy"),
        ("from helpers.verification import SendBudget\nmy_policy = SendBudget()", "A policy holds it"),
        ("from helpers.verification import Policy\nmy_policy = Policy()", "Texts go to US, CA"),
        (_policy('regions=("US",)'), "`segment_cents` is 0.7"),
        (_policy('regions=("US",), segment_cents=Decimal("0.012")'), "in cents: 1.2, not 0.012"),
        (_policy('regions=("US",), segment_cents=1.2'), "Make it from text"),
        (_policy('regions=("US",), segment_cents=Decimal("1.2")'), "`daily_cents` is 500"),
        (
            _policy('regions=("US",), segment_cents=Decimal("1.2"), daily_cents=Decimal(20)'),
            "Twenty dollars are 2000 cents",
        ),
        (_policy(_LIMITS), "After 1,000 texts, which cost 12.00 dollars"),
        (_policy(f"{_LIMITS}, daily_messages=1666, per_client=300"), "Another limit of the budget"),
        (
            _policy(f"{_LIMITS}, daily_messages=1666", ", code_lifetime=timedelta(minutes=9)"),
            "Something besides the budget",
        ),
    ),
    "06.1": (
        (
            "def understand(body):\n"
            "    word = ''.join(body.split()).upper()\n"
            "    if word in ('UNSTOP', 'STOP', 'HELP'): return word\n"
            "    return 'NO' if word.rstrip('.!') == 'NO' else 'other'",
            "inside one they make it another",
        ),
        (
            "import re\n"
            "def understand(body):\n"
            "    word = body.strip().upper()\n"
            "    if word in ('UNSTOP', 'STOP', 'HELP'): return word\n"
            "    return 'NO' if re.fullmatch(r'NO\\b[^A-Z]*', word) else 'other'",
            "a digit stands behind it",
        ),
        ("def understand(body): return body", "'unstop' it returns “unstop”"),
        ("def understand(body): print(body)", "it returns nothing"),
        ("def understand(body): return body.upper() if body.upper() in ('STOP', 'UNSTOP') else 'other'", "Spaces and"),
        (
            "def understand(body):\n"
            "    for word in ('UNSTOP', 'STOP', 'HELP', 'NO'):\n"
            "        if word in body.upper(): return word\n"
            "    return 'other'",
            "STOP counts only alone",
        ),
        (
            "def understand(body):\n"
            "    word = body.strip().upper().rstrip('.!')\n"
            "    return word if word in ('UNSTOP', 'STOP', 'HELP', 'NO') else 'other'",
            "Flowroute hears STOP only bare",
        ),
        (
            "def understand(body):\n"
            "    word = body.strip().upper()\n"
            "    if word.rstrip('.!') in ('HELP', 'NO'): return word.rstrip('.!')\n"
            "    return word if word in ('UNSTOP', 'STOP') else 'other'",
            "'Help!' means other, and yours says HELP. Only a NO may",
        ),
        (
            "def understand(body):\n"
            "    word = body.strip().upper()\n"
            "    if word in ('UNSTOP', 'STOP', 'HELP'): return word\n"
            "    return 'NO' if word.startswith('NO') else 'other'",
            "this person says the opposite",
        ),
    ),
    "06.2": (
        (_handling("return 200"), "nothing is done. Call `act`"),
        (_handling("act(look_up(post['id']))"), "it returns nothing (`None`). Return the status"),
        (_handling("act(post)\nreturn 200"), "It acted on what was posted"),
        (
            _handling("if post['id'] not in done:\n    done.add(post['id'])\n    act(post)\nreturn 200"),
            "It acted on what was posted",
        ),
        (_handling("act(look_up(post['id']))\nreturn 200"), "acted on twice"),
        (
            _handling(f"if post['id'] in done:\n    return 200\n{_TRY}done = done | {{post['id']}}\nreturn 200"),
            "makes another set, which is gone",
        ),
        (_handling(f"if post['id'] in done:\n    return 503\n{_TRY}done.add(post['id'])\nreturn 200"), "done already"),
        (
            _handling("if post['id'] not in done:\n    act(look_up(post['id']))\n    done.add(post['id'])\nreturn 200"),
            "NotFound gets out. Catch it, and answer 503",
        ),
        (
            _handling(
                "if post['id'] not in done:\n    try:\n        act(look_up(post['id']))\n"
                "    except (NotFound, ServerError, DatabaseUnavailable):\n        return 200\n"
                "    done.add(post['id'])\nreturn 200"
            ),
            "There is no record of that id, perhaps not yet. It answers 200, and should answer 503",
        ),
        (
            _handling(f"if post['id'] in done:\n    return 200\ndone.add(post['id'])\n{_TRY}return 200"),
            "Was its id in `done`?",
        ),
        (
            _handling(
                "if post['id'] in done:\n    return 200\ntry:\n    record = look_up(post['id'])\n"
                "except (NotFound, ServerError):\n    return 503\ndone.add(post['id'])\ntry:\n    act(record)\n"
                "except DatabaseUnavailable:\n    return 503\nreturn 200"
            ),
            "Put its id into `done` only after `act`",
        ),
        (
            _handling(
                "if post['id'] in done:\n    return 200\ntry:\n    act(look_up(post['id']))\n"
                "except NotFound:\n    return 503\ndone.add(post['id'])\nreturn 200"
            ),
            "When Flowroute can't be asked, ServerError gets out",
        ),
        (
            _handling(f"if post['id'] in mine:\n    return 200\n{_TRY}mine.add(post['id'])\nreturn 200")
            + "\nmine = set()",
            "Remember ids in the `done` that it is given, not in a set of its own",
        ),
        (
            _handling(
                "if post['id'] in done:\n    return 200\ntry:\n    record = look_up(post['id'])\n"
                "    if record.body == post['body']:\n        act(record)\n"
                "except (NotFound, ServerError, DatabaseUnavailable):\n    return 503\ndone.add(post['id'])\nreturn 200"
            ),
            "the posted words were made up, and nothing was done",
        ),
    ),
    "07.1": (
        (_mended("def verify(self, typed):\n    return True"), "another guess is compared"),
        (_mended("def verify(self, typed):\n    return False"), "somebody who types the right code at once"),
        (_mended(f"{_KEEP}    self.tries = tries + 1"), "Too strict"),
        (
            _mended("def verify(self, typed):\n    raise PermissionError"),
            "Too strict: somebody who types the right code",
        ),
        (
            _mended("def verify(self, typed):\n    return self.tries < 3 and super().verify(self.typed)"),
            "stopped at line 6 of its cell. AttributeError",
        ),
        (_mended("left = 3"), "the new code brought it back"),
        (
            _mended(
                "wrong = 0\n\ndef verify(self, typed):\n    right = super().verify(typed) and not self.wrong\n"
                "    self.wrong += not right\n    return right"
            ),
            "somebody who mistypes twice",
        ),
        ("class Mended:\n    tries = 0", "Keep the first line"),
        (_mended("def send_code(self):\n    tries = self.tries\n    super().send_code()"), "It does not even begin"),
        (
            _mended(
                "sent = False\n\ndef send_code(self):\n    if not self.sent:\n        super().send_code()\n"
                "        self.sent = True"
            ),
            "asks for a new code, and no text leaves",
        ),
        (
            _mended(
                "count = 0\n\ndef verify(self, typed):\n    Mended.count += 1\n"
                "    return Mended.count <= 3 and typed == str(self.code)"
            ),
            "the count is one for all. Keep it in `self`",
        ),
        (
            _mended(
                "wrong = 0\n\ndef verify(self, typed):\n    if Mended.wrong >= 3:\n        return False\n"
                "    Mended.wrong += typed != str(self.code)\n    return typed == str(self.code)"
            ),
            "the count is one for all. Keep it in `self`",
        ),
    ),
    "07.2": (
        (_attack("print(bank.now())"), "No code was sent"),
        (_attack("bank.send_code()"), "nothing was guessed"),
        (
            _attack("bank.send_code()\nfor n in range(1000):\n    bank.guess(f'{n:06d}')"),
            "only three a code were compared",
        ),
        (_attack("bank.send_code()\nbank.guess('123456')"), "Start yours with the same one"),
        (
            _attack("t = bank.now()\nbank.send_code()\nbank.guess(f'{random.Random(t).randint(0, 999_999):06d}')"),
            "not where the server took 1 second longer",
        ),
        (
            _attack(
                "t = bank.now()\nbank.send_code()\n"
                "for d in (0, 1):\n    bank.guess(f'{random.Random(t + d).randint(0, 999_999):06d}')"
            ),
            "the server took 2 seconds longer",
        ),
        (
            _attack("bank.send_code()\nwhile not bank.guess('123456'):\n    bank.send_code()"),
            "Ana has had 10 texts, and calls the bank",
        ),
        (_attack("bank.send_code()\nwhile not bank.guess('123456'):\n    pass"), "only three a code were compared"),
        (_attack("bank.send_code()\nbank.guess(123456)"), "`bank.guess` is given a whole number"),
        (
            _attack(
                "t = bank.now()\nbank.send_code()\n"
                "for d in (0, 1, 2):\n    bank.guess(str(random.Random(t + d).randint(0, 999_999)))"
            ),
            "a text of length 5. A code is a text of six digits",
        ),
        (_attack("bank.guess(bank.code)"), "AttributeError"),
        (_attack("bank.guess(bank._guess.__self__.code)"), "No code was sent"),
    ),
}
