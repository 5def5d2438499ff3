"""Other ways to write it that are right as well: a judge may not insist on the one of the solution."""

from __future__ import annotations

RIGHT_ANSWERS: dict[str, tuple[str, ...]] = {
    "01.1": (
        "def monthly_cost(members, sign_ins): return round(11.25 + 0.007 * sign_ins * members, 2)",
        "from decimal import Decimal\n"
        "def monthly_cost(members, sign_ins): return Decimal('11.25') + members * sign_ins * Decimal('0.007')",
        "monthly_cost = lambda members, sign_ins: sum([1.25, 10.00, members * sign_ins * 0.007])",
        "from fractions import Fraction\n"
        "def monthly_cost(members, sign_ins): return Fraction(45, 4) + members * sign_ins * Fraction(7, 1000)",
    ),
    "01.2": (
        "def describe(settings): return f'{settings.mode}: ••• ••• ••{settings.from_number.last_two}'",
        "def describe(settings): return f'{settings.mode.upper()}, from {settings.from_number}'",
        "def describe(settings): return ' '.join([settings.mode, str(settings.from_number), '(keys hidden)'])",
    ),
    "02.1": (
        "from helpers.flowroute import *\n"
        "def what_to_do(error):\n"
        "    match error:\n"
        "        case OptedOut(): return 'nothing'\n"
        "        case ConnectionFailed(): return 'send again'\n"
        "        case RateLimited() | NotFound(): return 'wait'\n"
        "    return 'mend' if error.safe_to_resend or isinstance(error, InvalidRequest) else 'look first'",
    ),
    "02.2": (
        "from helpers.flowroute import FlowrouteError\n"
        "def send_once(client, message, wait, since):\n"
        "    while True:\n"
        "        try:\n"
        "            return client.send_message(**message)\n"
        "        except FlowrouteError as error:\n"
        "            if getattr(error, 'status', 500) not in (429, 500, 503):\n"
        "                raise\n"
        "        wait(10)\n"
        "        for record in client.list_messages(start=since):\n"
        "            if record.body == message['body']: return record",
    ),
    "03.1": (
        "from helpers import PhoneNumber\n"
        "def read_number(text):\n"
        "    try: number = PhoneNumber.parse(text)\n"
        "    except ValueError: return\n"
        "    if number.region in ('US', 'CA') and 'mobile' in number.kind.value: return number",
    ),
    "03.2": (
        "import secrets\ndef make_code(): return str(secrets.randbelow(10**6)).zfill(6)",
        "import secrets\ndef make_code(): return ''.join(secrets.choice('0123456789') for _ in range(6))",
        "import random\ndef make_code(): return '%06d' % random.SystemRandom().randrange(1_000_000)",
        "from helpers.verification.codes import new_code as make_code",
    ),
    "03.3": (
        "from datetime import timedelta\nfrom helpers.verification.codes import code_text\n"
        "def write_text(code):\n"
        "    return code_text(code, brand='Example Bank', origin='bank.example', lifetime=timedelta(minutes=5))",
        "def write_text(code):\n"
        "    words = f'{code} is your Example Bank code for five minutes. Not you? Ignore this.'\n"
        "    return words + '\\n@bank.example #' + code",
        "def write_text(code):\n"
        "    return f'EXAMPLE BANK: {code}. Works 5 minutes. Somebody asks for it? Hang up.\\n@bank.example #{code}'",
        "def write_text(code):\n"
        "    return f'Example Bank: {code}. 5 min. Type it at bank.example only.\\n\\n@bank.example #{code}'",
    ),
    "04.1": (
        "import secrets\n"
        "from helpers.verification import TooManyChecks, WrongCode\n"
        "class CountingCheck:\n"
        "    def __init__(self, code): self.code, self.checks_left = code, 5\n"
        "    def check(self, typed):\n"
        "        self.checks_left = self.checks_left - 1\n"
        "        if self.checks_left < 0: raise TooManyChecks\n"
        "        if secrets.compare_digest(typed.encode(), self.code.encode()): return 'right'\n"
        "        raise WrongCode(self.checks_left)",
    ),
    "04.2": (
        "from hmac import compare_digest\n"
        "from helpers.verification import *\n"
        "class TimedCheck:\n"
        "    def __init__(self, code, expires_at):\n"
        "        self.code, self.expires_at, self.checks_left = code, expires_at, 5\n"
        "    def check(self, typed, now):\n"
        "        if self.code is None: raise NotPending()\n"
        "        if not now < self.expires_at: raise CodeExpired(self.expires_at)\n"
        "        if not self.checks_left: raise TooManyChecks()\n"
        "        self.checks_left -= 1\n"
        "        if not compare_digest(typed, self.code): raise WrongCode(self.checks_left)\n"
        "        self.code = None",
    ),
    "04.3": (
        "import hmac\n"
        "from helpers.verification import *\n"
        "class OwnCheck:\n"
        "    def __init__(self, code, expires_at):\n"
        "        self.used, self.checks_left = False, 5\n"
        "        self.replace(code, expires_at)\n"
        "    def replace(self, code, expires_at):\n"
        "        self.code, self.expires_at = code, expires_at\n"
        "    def check(self, typed, now):\n"
        "        if self.used: raise NotPending()\n"
        "        if now >= self.expires_at: raise CodeExpired(self.expires_at)\n"
        "        if self.checks_left <= 0: raise TooManyChecks()\n"
        "        self.checks_left -= 1\n"
        "        self.used = hmac.compare_digest(self.code, typed)\n"
        "        if not self.used: raise WrongCode(self.checks_left)",
        # A new code may be refused at once where it would be of no use, and an older one may be named as such.
        "import hmac\n"
        "from helpers.verification import *\n"
        "class OwnCheck:\n"
        "    def __init__(self, code, expires_at):\n"
        "        self.code, self.expires_at, self.old, self.used, self.checks_left = code, expires_at, [], False, 5\n"
        "    def replace(self, code, expires_at):\n"
        "        if self.used: raise NotPending()\n"
        "        if not self.checks_left: raise TooManyChecks()\n"
        "        self.old.append(self.code)\n"
        "        self.code, self.expires_at = code, expires_at\n"
        "    def check(self, typed, now):\n"
        "        if self.used: raise NotPending()\n"
        "        if now >= self.expires_at: raise CodeExpired(self.expires_at)\n"
        "        if not self.checks_left: raise TooManyChecks()\n"
        "        if len(typed) != 6: raise InvalidCode('Six digits.')\n"
        "        self.checks_left -= 1\n"
        "        if typed in self.old: raise CodeReplaced(self.checks_left)\n"
        "        if not hmac.compare_digest(self.code, typed): raise WrongCode(self.checks_left)\n"
        "        self.used = True",
    ),
}
