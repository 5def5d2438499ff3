"""The same for notebooks 05 to 07."""

from __future__ import annotations

_BUDGET = (
    "from decimal import Decimal\n"
    "from helpers.verification import Policy, SendBudget\n"
    "my_policy = Policy(budget=SendBudget({}))"
)
_HANDLE = (
    "from helpers.database import DatabaseUnavailable\n"
    "from helpers.flowroute import NotFound, ServerError\n"
    "def handle(post, look_up, act, done):\n"
)
_MENDED = "from naive.three_tries import ThreeTries\nclass Mended(ThreeTries):\n"
_GUESS = "bank.guess(f'{random.Random(t + d).randint(0, 999_999):06d}')"

RIGHT_ANSWERS: dict[str, tuple[str, ...]] = {
    "05.1": (
        "def wait_before_next(sent, now):\n"
        "    pause = [0, 30, 60, 120, 240, 480, 600][min(len(sent), 6)]\n"
        "    return pause - min(pause, (now - (sent or [now])[-1]).total_seconds())",
        "from decimal import Decimal\n"
        "def wait_before_next(sent, now):\n"
        "    if not sent: return Decimal(0)\n"
        "    over = Decimal((now - max(sent)).total_seconds())\n"
        "    return max(Decimal(0), min(Decimal(30) * 2 ** (len(sent) - 1), Decimal(600)) - over)",
    ),
    "05.2": (
        _BUDGET.format("daily_messages=10**6, daily_cents=2000, segment_cents=Decimal('1.20'), regions=['US']"),
        _BUDGET.format("regions={'US'}, segment_cents=Decimal(12) / 10, daily_cents=2e3, daily_messages=1667"),
    ),
    "06.1": (
        "import re\n"
        "def understand(body):\n"
        "    found = re.fullmatch(r'\\s*(?:(stop|unstop|help)|(no)[.!]*)\\s*', body, re.IGNORECASE)\n"
        "    return (found[1] or found[2]).upper() if found else 'other'",
        "def understand(body):\n"
        "    words = {'STOP': 'STOP', 'UNSTOP': 'UNSTOP', 'HELP': 'HELP', 'NO': 'NO', 'NO.': 'NO', 'NO!': 'NO'}\n"
        "    return words.get(body.strip().upper(), 'other')",
    ),
    "06.2": (
        _HANDLE + "    if post['id'] in done: return 200\n"
        "    done.add(post['id'])\n"
        "    try: act(look_up(post['id']))\n"
        "    except Exception:\n"
        "        done.discard(post['id'])\n"
        "        return 503\n"
        "    return 200",
        _HANDLE + "    from http import HTTPStatus\n"
        "    try:\n"
        "        record = look_up(post['id'])\n"
        "        if record.id not in done: act(record)\n"
        "        done |= {record.id}\n"
        "    except (NotFound, ServerError, DatabaseUnavailable): return HTTPStatus.SERVICE_UNAVAILABLE\n"
        "    return HTTPStatus.OK",
    ),
    "07.1": (
        _MENDED + "    guesses = 0\n"
        "    def verify(self, typed):\n"
        "        self.guesses += 1\n"
        "        return self.guesses <= 3 and super().verify(typed)",
        # A refusal may be raised as well, of whichever kind, and by either method.
        "from helpers.verification import TooManyChecks\n" + _MENDED + "    guesses = 0\n"
        "    def verify(self, typed):\n"
        "        self.guesses += 1\n"
        "        if self.guesses > 3: raise TooManyChecks()\n"
        "        return super().verify(typed)",
        _MENDED + "    sent = tries = 0\n"
        "    def send_code(self):\n"
        "        if self.tries >= 3: raise RuntimeError('no more codes')\n"
        "        tries = self.tries\n"
        "        super().send_code()\n"
        "        self.tries = tries",
        # The original copied into the cell, with its constant written out.
        "class ThreeTries:\n"
        "    def __init__(self, flowroute, from_number, phone):\n"
        "        self.send = lambda body: flowroute.send_message(to=phone, from_=from_number, body=body)\n"
        "        self.send_code()\n"
        "    def send_code(self):\n"
        "        self.code, self.tries = '4821', 0\n"
        "        self.send(f'Your code is {self.code}')\n"
        "    def verify(self, typed):\n"
        "        self.tries += 1\n"
        "        return self.tries <= 3 and typed == self.code\n"
        "class Mended(ThreeTries):\n"
        "    tries = 0\n"
        "    def send_code(self):\n"
        "        tries = self.tries\n"
        "        super().send_code()\n"
        "        self.tries = tries",
    ),
    "07.2": (
        "import random\n"
        "def attack(bank):\n"
        "    bank.send_code()\n"
        "    random.seed(bank.now())\n"
        "    bank.guess('%06d' % random.randint(0, 999_999))",
        # A text for each guess: ours refuses the second one, and the attack goes on.
        "import random\n"
        "def attack(bank):\n"
        "    for d in (0, 1, 2):\n"
        "        t = bank.now()\n"
        "        bank.send_code()\n"
        f"        if {_GUESS}: return",
        # In an error where it does not get in, as at ours.
        "import random\n"
        "def attack(bank):\n"
        "    t = bank.now()\n"
        "    bank.send_code()\n"
        "    seconds = iter(range(t, t + 3))\n"
        "    while not bank.guess(f'{random.Random(next(seconds)).randint(0, 999_999):06d}'):\n"
        "        pass",
        # Until it is in: at ours that is never.
        "import random\n"
        "def attack(bank):\n"
        "    while True:\n"
        "        t = bank.now()\n"
        "        bank.send_code()\n"
        "        for d in (0, 1, 2):\n"
        f"            if {_GUESS}: return",
    ),
}
