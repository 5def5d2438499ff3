"""Answers that people write, and that are not right yet: exercise → (answer, words that must be in the verdict)."""

from __future__ import annotations

from collections.abc import Sequence

Answers = dict[str, Sequence[tuple[str, str]]]

_CHECK = """
import hmac

from helpers.verification import CodeExpired, NotPending, TooManyChecks, WrongCode


class {name}:
    def __init__(self, code, {more}):
        self.code, self.checks_left, self.used = code, 5, False
        {init}

    def check(self, typed{now}):
{check}
"""


def _counting(check: str) -> str:
    return _indented("CountingCheck", check, more="*_", init="pass", now="")


def _timed(check: str) -> str:
    return _indented("TimedCheck", check, more="expires_at", init="self.expires_at = expires_at", now=", now")


def _own(check: str, replace: str) -> str:
    answer = _indented("OwnCheck", check, more="expires_at", init="self.expires_at = expires_at", now=", now")
    return f"{answer}\n    def replace(self, code, expires_at):\n{_deeper(replace)}\n"


def _indented(name: str, check: str, **parts: str) -> str:
    return _CHECK.format(name=name, check=_deeper(check), **parts)


def _deeper(code: str) -> str:
    return "\n".join(f"        {line}" for line in code.strip().splitlines())


_USED = "if self.used:\n    raise NotPending()\n"
_LATE = "if now >= self.expires_at:\n    raise CodeExpired(self.expires_at)\n"
_EMPTY = "if self.checks_left == 0:\n    raise TooManyChecks()\n"
_COUNT = "self.checks_left -= 1\n"
_COMPARE = "if not hmac.compare_digest(typed, self.code):\n    raise WrongCode(self.checks_left)\n"
_DONE = "self.used = True\n"
_WHOLE = _USED + _LATE + _EMPTY + _COUNT + _COMPARE + _DONE
_SEND = """
from helpers.flowroute import ConnectionFailed, FlowrouteError, OutcomeUnknown, RateLimited, ServerError


def send_once(client, message, wait, since):
{body}
"""


def _sending(body: str) -> str:
    return _SEND.format(body="\n".join(f"    {line}" for line in body.strip().splitlines()))


def _loop(*excepts: str) -> str:
    tries = "\n".join(f"    {line}" for part in excepts for line in part.splitlines())
    return _sending(f"for _ in range(4):\n    try:\n        return client.send_message(**message)\n{tries}")


_LOOK = 'if any(record.body == message["body"] for record in client.list_messages(start=since)):\n        return'
_SURE = "except (ConnectionFailed, RateLimited):\n    wait(1)"
_UNSURE = f"except (OutcomeUnknown, ServerError):\n    wait(5)\n    {_LOOK}"

WRONG_ANSWERS: Answers = {
    "01.1": (
        (
            "def monthly_cost(members, sign_ins): return 11.25 + members * sign_ins * 0.0040",
            "is $25.25, and yours says $19.25. Each code also costs the surcharge",
        ),
        ("def monthly_cost(members, sign_ins): print(11.25)", "It returns nothing"),
        ("def monthly_cost(members, sign_ins): return '25.25'", "It returns a string"),
        ("def monthly_cost(members, sign_ins): return 1.25 + members * sign_ins * 0.0070", "The campaign is paid"),
        ("def monthly_cost(members, sign_ins): return members * sign_ins * 0.0070", "paid whatever is sent"),
        ("def monthly_cost(members, sign_ins): return 11.25 + sign_ins * 0.0070", "multiply the two"),
        ("def monthly_cost(members, sign_ins): return 1125 + members * sign_ins * 0.70", "That is in cents"),
        ("def monthly_cost(members, sign_ins): return 11.25 + 2 * members", "Add what is paid once a month"),
        (
            "def monthly_cost(members, sign_ins): return 12.25 + members * sign_ins * 0.0070",
            "is paid once, and not each",
        ),
        ("def monthly_cost(members, sign_ins): return int(11.25 + members * sign_ins * 0.0070)", "whole dollars"),
        ("def monthly_cost(members, sign_ins): return round(11.25 + members * sign_ins * 0.0070, 1)", "to dimes"),
        ("def monthly_cost(members): return 11.25", "The check could not go on with this answer. TypeError"),
        ("def monthly_cost(members, sign_ins): return 11.25 / 0", "stopped at line 1 of its cell. ZeroDivisionError"),
        ("monthly_cost = 11.25", "`monthly_cost` is a number with a point, not a function"),
    ),
    "01.2": (
        ("def describe(settings): print(settings)", "It returns nothing"),
        (
            "def describe(settings): return f'{settings.mode} {settings.from_number} {settings.access_key}'",
            "Access Key",
        ),
        ("def describe(settings): return settings.mode + settings.secret_key.reveal()", "Secret Key stands in it"),
        ("def describe(settings): return f'{settings.mode}, {settings.from_number.national}'", "more of the number"),
        ("def describe(settings): return f'{settings.mode}, {settings.from_number.digits}'", "more of the number"),
        ("def describe(settings): return f'{settings.mode}\\n{settings.from_number}'", "not one line"),
        ("def describe(settings): return f'number ending in {settings.from_number.last_two}'", "The mode is missing"),
        ("def describe(settings): return settings.mode", "The last two digits of the number are missing"),
        (
            "def describe(settings): return 'practice or live mode, numbers 58 and 67'",
            "the same for different",
        ),
        (
            "def describe(settings): return f'{settings.mode} {settings.from_number} {settings.access_key[-4:]}'",
            "A part of a key stands in it",
        ),
        (
            "def describe(settings):\n"
            "    return f'{settings.mode} {settings.from_number} {settings.secret_key.reveal()[:8]}'",
            "A part of a key stands in it",
        ),
    ),
    "02.1": (
        ("def what_to_do(error): return 'mend'", "After a STOP (OptedOut) yours says “mend”"),
        ("def what_to_do(error): return error.safe_to_resend", "it returns True or False"),
        ("def what_to_do(error): return 'Mend'", "it returns “Mend”. Return one of these texts"),
        (
            "def what_to_do(error): return 'send again' if error.safe_to_resend else 'look first'",
            "After a wrong key (Unauthorized) yours says “send again”",
        ),
        (
            "from helpers.flowroute import *\n"
            "def what_to_do(error):\n"
            "    for kind, word in ((OptedOut, 'nothing'), (RateLimited, 'wait'), (NotFound, 'wait')):\n"
            "        if isinstance(error, kind): return word\n"
            "    return 'mend'",
            "an error of the server (ServerError) yours says “mend”. The text may be on its way",
        ),
        (
            "from helpers.flowroute import *\n"
            "def what_to_do(error):\n"
            "    if isinstance(error, OptedOut): return 'nothing'\n"
            "    return 'mend' if isinstance(error, (Unauthorized, Forbidden, InvalidRequest)) else 'wait'",
            "(ServerError) yours says “wait”",
        ),
    ),
    "02.2": (
        (_sending("print('sent')"), "nothing breaks, no text leaves"),
        (_sending("client.send_message(**message)"), "it gave up with OutcomeUnknown"),
        (
            _loop("except FlowrouteError:\n    wait(5)"),
            "after Flowroute has taken the text, 2 texts leave",
        ),
        (_loop(_SURE, "except (OutcomeUnknown, ServerError):\n    return"), "before Flowroute has the text, no text"),
        (_loop(_SURE, f"except (OutcomeUnknown, ServerError):\n    {_LOOK}"), "2 texts leave. Let some seconds pass"),
        (
            _loop(_SURE, f"except (OutcomeUnknown, ServerError):\n    wait(0.5)\n    {_LOOK}"),
            "2 texts leave. Wait some seconds",
        ),
        (
            _loop(
                _SURE,
                "except (OutcomeUnknown, ServerError):\n    wait(5)\n"
                "    if list(client.list_messages(start=since)):\n        return",
            ),
            "Other texts may be in it",
        ),
        (
            _loop(_SURE, _UNSURE).replace("for _ in range(4)", "for _ in range(1)")
            + "\n    client.send_message(**message)",
            "That was send number 2: it may break again",
        ),
        (_loop(_SURE, _UNSURE.replace("since", "since.replace(year=2020)")), "no text leaves"),
        (_loop(_SURE.replace("wait(1)", "pass"), _UNSURE), "After a 429 it sends again at once"),
        (_loop(_UNSURE), "the answer is 429, it gave up with RateLimited"),
        (_loop(_SURE, _UNSURE, "except FlowrouteError:\n    return"), "nobody learns of it"),
        (_loop(_UNSURE, "except FlowrouteError:\n    wait(1)"), "isn't yours, it sends 4 times. That mends nothing"),
        (
            _loop(_UNSURE, "except FlowrouteError:\n    wait(1)").replace("for _ in range(4)", "while True"),
            "isn't yours: It has called `send_message` 8 times",
        ),
        (_sending("while True:\n    wait(1)"), "nothing breaks: It has waited 20 times"),
    ),
    "03.1": (
        ("def read_number(text): return text", "“(206) 555-0100” it returns a string. Return the `PhoneNumber`"),
        (
            "import re\nfrom helpers import PhoneNumber\n"
            "def read_number(text): return PhoneNumber('+' + text) if re.match(r'^\\d{11}$', text) else None",
            "“(206) 555-0100” should be read, and gave None",
        ),
        (
            "from helpers import PhoneNumber\ndef read_number(text): return PhoneNumber.parse(text).require_textable()",
            "For an empty text it raises PhoneNumberError",
        ),
        (
            "from helpers import PhoneNumber\n"
            "def read_number(text):\n    try: return PhoneNumber.parse(text)\n    except ValueError: return None",
            "(premium rate) should give None. The parser lets it through",
        ),
        (
            "from helpers import PhoneNumber\n"
            "def read_number(text):\n"
            "    try: return PhoneNumber.parse(text)\n"
            "    except ValueError: return PhoneNumber('+12065550142')",
            "An empty text should give None. The parser refuses it.",
        ),
        (
            "from helpers import PhoneNumber\ndef read_number(text): return PhoneNumber('+12065550142')",
            "became another number",
        ),
    ),
    "03.2": (
        ("import random\ndef make_code(): return f'{random.randrange(10**6):06d}'", "It can be foreseen"),
        ("import secrets\ndef make_code(): return secrets.randbelow(10**6)", "`004217` would become `4217`"),
        ("import secrets\ndef make_code(): return str(secrets.randbelow(10**6))", "characters long"),
        ("import secrets\ndef make_code(): return str(100_000 + secrets.randbelow(900_000))", "0 begin with a zero"),
        ("import secrets\ndef make_code(): return secrets.token_hex(3)", "holds something that is no digit"),
        ("def make_code(): return '004217'", "It is the same code each time"),
        ("import secrets\ndef make_code(): return f'{secrets.randbelow(900):06d}'", "are different"),
        ("import secrets\ndef make_code(): return f'{secrets.randbelow(500_000):06d}'", "Some first digits"),
        ("import secrets\ndef make_code(): return f'{secrets.randbelow(10**4):04d}'", "came out 4 characters long"),
        ("def make_code(): print('424242')", "It returns nothing"),
        (
            "import secrets\ndef make_code(): return ''.join(secrets.SystemRandom().sample('0123456789', 6))",
            "No digit ever comes twice",
        ),
        (
            "import random, time\ndef make_code(): return f'{random.Random(time.time_ns()).randrange(10**6):06d}'",
            "It can be foreseen",
        ),
        (
            "import random, time\n"
            "def make_code():\n    random.seed(time.time_ns())\n    return f'{random.randrange(10**6):06d}'",
            "It can be foreseen",
        ),
    ),
    "03.3": (
        ("def write_text(code): print(code)", "It returns nothing"),
        ("def write_text(code): return f'Your code is {code}.\\n@bank.example #{code}'", "“Example Bank” is missing"),
        (
            "def write_text(code): return f'Example Bank: 5 minutes, never share.\\n@bank.example #{code}'",
            "The code is missing",
        ),
        (
            "def write_text(code): return f'Example Bank: {int(code)}, 5 minutes; never share\\n@bank.example #{code}'",
            "The code is missing",
        ),
        ("def write_text(code): return f'Example Bank: {code}. Never share it.\\n@bank.example #{code}'", "how long"),
        (
            "def write_text(code): return f'Example Bank: {code}, for 5 minutes.\\n@bank.example #{code}'",
            "doesn't warn",
        ),
        (
            "def write_text(code): return f'Example Bank: {code}, for 5 minutes. Never share it.'",
            "The last line should be `@bank.example #`",
        ),
        (
            "def write_text(code): return f'Example Bank: {code}, 5 minutes. Never share.\\n@bank.example #{code}\\n'",
            "The last line should be `@bank.example #`",
        ),
        (
            "def write_text(code): return f'Example Bank: {code}, 5 minutes. Don’t share.\\n@bank.example #{code}'",
            "“’” is outside ASCII",
        ),
        (
            "warning = 'Never share it. ' * 9\n"
            "def write_text(code): return f'Example Bank: {code}, 5 minutes. {warning}\\n@bank.example #{code}'",
            "two segments",
        ),
    ),
    "04.1": (
        (_counting("return typed == self.code"), "A wrong code is answered with False"),
        (_counting("return True"), "A wrong code is answered with True"),
        (_counting("self.checks_left -= 1"), "A wrong code should raise WrongCode, and it returns nothing"),
        (_counting("raise WrongCode(self.checks_left)"), "The right code at the first try is refused with WrongCode"),
        (_counting(_EMPTY + _COMPARE), "Yours counts 5, and its WrongCode says 5"),
        (_counting(_EMPTY + _COMPARE.replace("_left)", "_left - 1)")), "Yours counts 5, and its WrongCode says 4"),
        (_counting(_COUNT + "if typed != self.code:\n    raise WrongCode(self.checks_left)"), "It compares with `==`"),
        (
            _counting(
                _EMPTY
                + "right = hmac.compare_digest(typed, self.code)\n"
                + _COUNT
                + "if not right:\n    raise WrongCode(self.checks_left)"
            ),
            "It compares before it counts",
        ),
        (_counting(_COUNT + _COMPARE), "After five wrong codes the right one should raise TooManyChecks"),
        (
            _counting(_COUNT + _EMPTY + _COMPARE),
            "The right code as the fifth guess is refused with TooManyChecks",
        ),
        (_counting(_EMPTY + _COUNT + _COMPARE + "return False"), "is answered with False. A check returns or raises"),
        (_counting(_EMPTY + _COUNT + "typed = typed[:6]\n" + _COMPARE), "a digit more behind it is let in"),
        (
            _counting(_EMPTY + _COUNT + "typed = typed.zfill(6)\n" + _COMPARE),
            "The code without its zeros in front is let in",
        ),
        (
            _counting(_EMPTY + _COUNT + "typed = f'{int(typed):06d}'\n" + _COMPARE.replace("typed,", "typed[:6],")),
            "The code without its zeros in front is let in",
        ),
        (_counting("self.tries -= 1"), "AttributeError"),
        ("CountingCheck = None", "That is nothing (`None`). The check needs the class itself"),
    ),
    "04.2": (
        (_timed(_EMPTY + _COUNT + _COMPARE), "At the very moment it expires, the right code should raise CodeExpired"),
        (
            _timed(_USED + _LATE.replace(">=", ">") + _EMPTY + _COUNT + _COMPARE + _DONE),
            "At the very moment it expires",
        ),
        (_timed(_LATE + _EMPTY + _COUNT + _COMPARE), "The right code a second time should raise NotPending"),
        (
            _timed(_USED + _LATE + _EMPTY + _COUNT + _DONE + _COMPARE),
            "Wrong code number 2 of five raises NotPending",
        ),
        (_timed(_USED + _LATE + _COUNT + _COMPARE + _DONE), "After five wrong codes the right one"),
        (
            _timed(_USED + _LATE.replace(">=", "<") + _EMPTY + _COUNT + _COMPARE + _DONE),
            "The right code at the first try is refused with CodeExpired. It should return. Go by the `now`",
        ),
        (
            _timed(
                "from datetime import UTC, datetime\n"
                + _USED
                + _LATE.replace("now", "datetime.now(UTC)")
                + _EMPTY
                + _COUNT
                + _COMPARE
                + _DONE
            ),
            "Go by the `now` that it is given",
        ),
        (
            _timed(_LATE + _EMPTY + _COUNT + _COMPARE + _USED + _DONE),
            "A wrong code after the right one raises WrongCode",
        ),
        (
            _timed(_LATE + _EMPTY + _COUNT + _USED + _COMPARE + _DONE),
            "The right code a fourth time raises TooManyChecks",
        ),
        (
            _timed(_USED + _EMPTY + _COUNT + _COMPARE + _LATE + _DONE),
            "At the very moment it expires, a wrong code raises WrongCode",
        ),
        (
            _timed(
                _USED
                + _LATE.replace("now >=", "now.minute >=").replace("expires_at:", "expires_at.minute:")
                + _EMPTY
                + _COUNT
                + _COMPARE
                + _DONE
            ),
            "Nearly an hour too late, the right code should raise CodeExpired",
        ),
    ),
    "04.3": (
        (
            _own(_WHOLE, "self.code, self.expires_at, self.checks_left = code, expires_at, 5"),
            "one try is left. Yours says 4. A new code brings no guess back",
        ),
        (_own(_WHOLE, "self.expires_at = expires_at"), "After a new code, the old one should raise WrongCode"),
        (_own(_WHOLE, "self.code = code"), "in its own five minutes, is refused with CodeExpired"),
        (
            _own(_WHOLE, "self.code, self.expires_at, self.used = code, expires_at, False"),
            "After `replace` on a check that has let somebody in, the new code should raise NotPending",
        ),
        (_own(_EMPTY + _COUNT + _COMPARE, "self.code = code"), "At the very moment it expires"),
        (_own(_WHOLE, "self.__init__(code, expires_at)"), "A new code brings no guess back"),
    ),
}
