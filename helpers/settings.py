"""From ``.env`` to the parts, put together: practice or live, whose keys, which clock, database and other end.

The rule for a variable: what the environment says wins over ``.env``; ``.env`` wins over the default. Practice mode is
the default; it takes nothing but the mode and a class address from either, never loads real keys, and reaches no
network but, where there is a class address, the class's.
"""

from __future__ import annotations

import contextlib
import hmac
import io
import os
import re
import secrets
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, get_args

import dotenv
import requests
from dotenv.parser import parse_stream
from requests.adapters import BaseAdapter
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from helpers.accounts import Accounts
from helpers.clock import Clock
from helpers.database import empty_database
from helpers.display.phone import code_in
from helpers.errors import CourseError
from helpers.flowroute import ApiVersion, CallbackKind, ConnectionFailed, Exchange, FlowrouteClient
from helpers.flowroute.client import BASE_URL
from helpers.flowroute.live import LiveGuard
from helpers.listeners import Listeners
from helpers.phone_numbers import PhoneNumber, PhoneNumberError
from helpers.secret import Secret
from helpers.shared_network import VARIABLE as CLASS_ADDRESS
from helpers.shared_network import ClassAddress, ClassAddressError, SharedInbox, SharedNetwork, connect
from helpers.verification import Policy, Store, Verifier

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication
    from flask import Flask

    from helpers.simulator import Inbox, SimulatedNetwork

Mode = Literal["practice", "live"]
COURSE_FOLDER: Final = Path(__file__).resolve().parent.parent

PRACTICE_ACCESS_KEY: Final = "12345678"
PRACTICE_SECRET_KEY: Final = "practice-key-opens-nothing-real0"  # noqa: S105 (32 characters, as a real one, and no secret)
PRACTICE_FROM: Final = PhoneNumber("+12065550199")
PRACTICE_PHONE: Final = PhoneNumber("+12065550100")
DEFAULT_DAILY_CAP: Final = 20
BRAND: Final = "Example Bank"
ORIGIN: Final = "bank.example"
CONTACT: Final = "206-555-0198"
CODE_KEY_BYTES: Final = 32
_WEBHOOK_SECRET = re.compile(r"[A-Za-z0-9_-]{32,200}")
_HOW_TO_MAKE_ONE: Final = 'python -c "import secrets; print(secrets.token_urlsafe(32))"'
PRACTICE_WEBHOOKS: Final = "https://bank.example"
"""Where practice mode's Flowroute posts to: a host that no network has, answered by an app in this process."""


class SettingsError(CourseError):
    """A setting is missing or makes no sense. The message names the variable and says what to write."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.user_message = message  # only the person who sets up the course sees it


@dataclass(frozen=True)
class Settings:
    """Everything a notebook needs, chosen by one variable: ``FLOWROUTE_MODE=practice`` (the default) or ``live``."""

    mode: Mode
    env_file: Path | None
    """The ``.env`` that was read; None where there is none."""
    access_key: str = field(repr=False)
    secret_key: Secret[str]
    code_key: Secret[bytes]
    """``TWO_FACTOR_CODE_KEY``: 32 bytes, kept apart from the database (see ``verification/codes.py``)."""
    previous_code_keys: tuple[Secret[bytes], ...] = field(default=(), kw_only=True)
    """``TWO_FACTOR_PREVIOUS_CODE_KEYS``: other keys that codes may have been made with, while the key is changed."""
    from_number: PhoneNumber
    """The number of the account that texts are sent from."""
    my_number: PhoneNumber
    """The phone that gets them: the practice phone, or live the first one on your allow-list."""
    clock: Clock
    database_url: str = field(repr=False)
    simulator: SimulatedNetwork | None = field(default=None, repr=False)
    """Practice mode's Flowroute, in this process; None in live mode and in a class."""
    shared_network: SharedNetwork | None = field(default=None, repr=False)
    """In a class: the seat on its network (``FLOWROUTE_SIMULATOR_URL``)."""
    webhook_secret: Secret[str] | None = None
    """``TWO_FACTOR_WEBHOOK_SECRET``: part of the address that Flowroute posts to; None where live mode has none."""
    allowed_recipients: tuple[PhoneNumber, ...] = ()
    daily_cap: int = DEFAULT_DAILY_CAP
    # Never copied: settings that are made from these are listened to on their own.
    _exchange_listeners: Listeners[[Exchange]] = field(default_factory=Listeners, init=False, repr=False, compare=False)

    @classmethod
    def load(cls, *, clock: Clock | None = None, database: str = "course") -> Settings:
        """Read the settings.

        Args:
            clock: the time to live by in practice mode; a running one by default. Live mode has the real time.
            database: the name of the database file under ``.course/``. Live mode takes ``DATABASE_URL`` instead, where
                that is set: several machines then share one PostgreSQL server.

        Raises:
            SettingsError: names the variable, says what is wrong with it and what to write.
        """
        values, settings = _read(clock, database)
        shared = values.get("DATABASE_URL", "").strip()
        return replace(settings, database_url=_shared(shared)) if shared and settings.live else settings

    @classmethod
    def for_notebook(cls, name: str) -> Settings:
        """The settings of one notebook: an empty database of its own, and in practice a clock that stands still.

        In a class the clock is the class's.
        (The count behind the daily cap of live mode is kept elsewhere and never emptied; nor is ``DATABASE_URL``.)
        """
        _, settings = _read(Clock.standing_still(), name)
        empty_database(settings.database_url)
        return settings

    @property
    def practice(self) -> bool:
        """Whether the other end is the simulator, in this process or in a class."""
        return self.mode == "practice"

    @property
    def live(self) -> bool:
        """Whether texts are real and cost money."""
        return self.mode == "live"

    @property
    def origin(self) -> str:
        """The host of Example Bank's site: the codes in its texts are for it, and for no other."""
        return ORIGIN

    @property
    def inbox(self) -> Inbox | SharedInbox | None:
        """The texts that arrived on the practice phones; None in live mode, where your own phone has them."""
        if self.shared_network:
            return self.shared_network.inbox
        return self.simulator.inbox if self.simulator else None

    def for_practice(self) -> Settings:
        """A practice network and an empty database beside these, whatever the mode: mistakes are made there.

        It is in this process, also in a class: nobody else sees it, and it needs no Wi-Fi.
        """
        return self._beside("practice", Clock.standing_still())

    def for_form(self, name: str = "form") -> Settings:
        """The settings of a form: in practice the same, with a time that runs; in live mode these settings.

        In a class they are on the class's network too, with an empty database of their own.

        Args:
            name: tells the forms of one notebook apart.
        """
        if self.shared_network:
            return self._emptied(replace(self, database_url=database_url(self._name_beside(name))))
        return self if self.live else self._beside(name, Clock())

    def session(self) -> requests.Session:
        """A session on which everything but Flowroute is a closed door, and Flowroute is the simulator or guarded."""
        session = requests.Session()
        session.trust_env = False  # no proxy, no .netrc: what this session reaches is decided here alone
        session.mount("https://", _ClosedDoor())
        session.mount("http://", _ClosedDoor())
        session.mount(f"{BASE_URL}/", self._other_end())
        return session

    def client(
        self, *, api_version: ApiVersion = "v2.2", access_key: str | None = None, secret_key: Secret[str] | None = None
    ) -> FlowrouteClient:
        """A client with these settings' keys, or with the ones you pass to try something out."""
        return FlowrouteClient(
            access_key=self.access_key if access_key is None else access_key,
            secret_key=self.secret_key if secret_key is None else secret_key,
            session=self.session(),
            api_version=api_version,
            mask_bodies=self.live,
            on_exchange=self._exchange_listeners.tell,
        )

    def on_exchange(self, listener: Callable[[Exchange], None]) -> Callable[[], None]:
        """Call ``listener`` with each exchange of every client of these settings, earlier and later ones alike.

        Settings that were made from these (:meth:`for_practice`, :meth:`for_form` in practice) have listeners of their
        own. What a listener raises is logged by its name and touches neither the call nor the other listeners.

        Returns:
            A function that ends it.
        """
        return self._exchange_listeners.add(listener)

    def verifier(self, *, policy: Policy | None = None, invite_no: bool = False) -> Verifier:
        """The course's verifier: Example Bank's texts, kept in these settings' database.

        Args:
            policy: the numbers to live by.
            invite_no: whether texts say "Not you? Reply NO.": where :mod:`helpers.webhooks` listens.
        """
        verifier = Verifier(
            self.client(),
            store=Store(self.database_url),
            code_key=self.code_key,
            previous_code_keys=self.previous_code_keys,
            from_number=self.from_number,
            brand=BRAND,
            origin=ORIGIN,
            policy=policy,
            clock=self.clock,
            invite_no=invite_no,
        )
        if self.shared_network:
            verifier.on_approved(self.shared_network.report_verified)
        return verifier

    def accounts(self, *, policy: Policy | None = None, invite_no: bool = False) -> Accounts:
        """Example Bank's accounts, in the same database, over :meth:`verifier`, which takes the same options."""
        return Accounts(
            self.database_url,
            verifier=self.verifier(policy=policy, invite_no=invite_no),
            clock=self.clock,
            key=self.code_key,
            brand=BRAND,
            contact=CONTACT,
        )

    def require_webhook_secret(self) -> Secret[str]:
        """The secret of the address that Flowroute posts to.

        Raises:
            SettingsError: live mode has none yet; the message says how to make one.
        """
        if self.webhook_secret is None:
            raise SettingsError(
                "Replies and receipts need TWO_FACTOR_WEBHOOK_SECRET in .env: nothing that is posted to you is signed, "
                f"so its address must be hard to guess. Make one with {_HOW_TO_MAKE_ONE}."
            )
        return self.webhook_secret

    def post_callbacks_to(self, app: WSGIApplication, path: str) -> None:
        """Let practice mode's Flowroute post texts and receipts to an app in this process.

        Args:
            app: a WSGI application, such as :func:`helpers.webhooks.create_app` makes.
            path: where it listens.

        Raises:
            SettingsError: in live mode; there you set the callbacks yourself. And in a class, whose network posts to
                nobody.
        """
        if self.shared_network:
            raise SettingsError("A class's network posts nothing to you. Use settings.for_practice(), which does.")
        if self.simulator is None:
            raise SettingsError(
                "In live mode the course changes nothing on your account. Set the callbacks yourself: README.md, "
                "section Replies and receipts, live."
            )
        url = f"{PRACTICE_WEBHOOKS}{path}"
        self.simulator.callbacks.register(url, app)
        client = self.client()
        for kind in get_args(CallbackKind):
            client.set_callback(kind, url)

    def wait_for_text(self, number: PhoneNumber | None = None) -> None:
        """Let a text that is under way arrive: turn the clock by two seconds; in a class, wait for it.

        Live it does nothing, since nobody can say when a text will be there: look at your phone.

        Args:
            number: the phone; yours if not given.

        Raises:
            ConnectionFailed: the class does not answer.
        """
        if self.shared_network:
            self.shared_network.inbox.wait(number or self.my_number)
        elif self.practice:
            self.clock.advance(seconds=2)

    def code_from_phone(self, number: PhoneNumber | None = None) -> str:
        """The code on the phone: read from the practice inbox; in live mode you are asked to type it.

        Raises:
            LookupError: no text with a code has arrived on the practice phone.
            ConnectionFailed: the class does not answer.
        """
        if self.inbox is None:
            return input("Look at your own phone. The code it got: ")
        latest = self.inbox.latest(number or self.my_number)
        code = code_in(latest.body) if latest else None
        if code is None:
            raise LookupError("No code has arrived on this phone yet. Send one first, or turn the clock a few seconds.")
        return code

    def describe(self) -> str:
        """One line for people: the mode, what it means, and which file said so."""
        source = f"{self.env_file.name} was read" if self.env_file else "there is no .env yet"
        if self.shared_network:
            return self.shared_network.describe()
        if self.practice:
            return f"Practice mode: no account, no cost, nothing leaves this machine ({source})."
        count = len(self.allowed_recipients)
        return (
            f"LIVE mode: texts are real and cost money. At most {self.daily_cap} a day, to {count} allowed "
            f"phone{'' if count == 1 else 's'} ({source})."
        )

    def _other_end(self) -> BaseAdapter:
        if self.shared_network:
            return self.shared_network.adapter()
        if self.simulator is None:
            return LiveGuard(
                allowed=self.allowed_recipients,
                daily_cap=self.daily_cap,
                database_url=database_url("live-sends"),
                clock=Clock.real(),
            )
        from helpers.simulator import SimulatorAdapter

        return SimulatorAdapter(self._simulated_api)

    @cached_property
    def _simulated_api(self) -> Flask:
        """Made once: its routes take longer to set up than many a request."""
        from helpers.simulator import create_app

        assert self.simulator is not None
        return create_app(self.simulator)

    def _beside(self, name: str, clock: Clock) -> Settings:
        return self._emptied(_practice(clock, self._name_beside(name), self.env_file))

    def _name_beside(self, name: str) -> str:
        mine = Path(make_url(self.database_url).database or "").stem  # of a shared database: a file called like it
        return f"{mine}-{name}"

    @staticmethod
    def _emptied(settings: Settings) -> Settings:
        empty_database(settings.database_url)
        return settings


class _ClosedDoor(BaseAdapter):
    """Refuses every request: mounted wherever a session must not go."""

    def send(self, request: requests.PreparedRequest, *_args: Any, **_kwargs: Any) -> requests.Response:
        raise ConnectionFailed("This session talks to Flowroute's API and to nothing else. Nothing was sent.")

    def close(self) -> None:
        """Nothing to close."""


def env_path() -> Path:
    """Where ``.env`` is: in the course folder, or where ``TWO_FACTOR_ENV_FILE`` says."""
    return Path(os.environ.get("TWO_FACTOR_ENV_FILE") or COURSE_FOLDER / ".env")


def course_data_folder() -> Path:
    """The folder for databases and the practice code key: ``.course/``, or where ``TWO_FACTOR_COURSE_DIR`` says.

    Raises:
        SettingsError: it cannot be made.
    """
    folder = Path(os.environ.get("TWO_FACTOR_COURSE_DIR") or COURSE_FOLDER / ".course").resolve()
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as problem:
        raise SettingsError(
            f"The folder for the course's data ({folder.name}) cannot be made: {problem.strerror}. Put the course in a "
            "folder of your own, or set TWO_FACTOR_COURSE_DIR to one you may write in."
        ) from None
    return folder


def database_url(name: str) -> str:
    """The address of the course database called ``name``."""
    return f"sqlite:///{(course_data_folder() / f'{name}.sqlite').as_posix()}"


def read_variables() -> tuple[dict[str, str], Path | None]:
    """All variables, the environment's over those of ``.env``; and the file that was read.

    Raises:
        SettingsError: the file cannot be read, or a line of it is not ``NAME=value``.
    """
    path = env_path()
    text = _text_of(path)
    if text is None:
        return dict(os.environ), None
    values: dict[str, str] = {}
    for binding in parse_stream(io.StringIO(text)):
        if binding.error or (binding.key is not None and binding.value is None):
            # The line's text may be a key: its number is enough to find it. The parser counts blank lines above to it.
            blank, _, _ = binding.original.string.partition(binding.original.string.strip())
            line = binding.original.line + blank.count("\n")
            raise SettingsError(f"Line {line} of {path.name} cannot be read. Write NAME=value, one a line.")
        if binding.key is not None and binding.value is not None:
            values[binding.key] = binding.value
    return {**values, **os.environ}, path


def current_class() -> SharedNetwork | None:
    """The class that the variables name, without a question to it; None where they name none, or are wrong."""
    try:
        values, _ = read_variables()
        address = values.get(CLASS_ADDRESS, "").strip()
        return connect(ClassAddress.parse(address)) if address and _mode(values) == "practice" else None
    except (SettingsError, ClassAddressError):  # said by whoever loads them
        return None


def save_env(values: Mapping[str, str], *, path: Path | None = None) -> Path:
    """Write variables into ``.env``: what else stands there is kept, and only you may read the file (mode 0600).

    Args:
        values: variable name → text.
        path: another file than :func:`env_path`.

    Raises:
        SettingsError: the file cannot be written; what stood there is unchanged.
    """
    path = path or env_path()

    def set_all(draft: Path) -> None:
        for name, value in values.items():
            dotenv.set_key(draft, name, value, quote_mode="always")

    return _changed(path, _text_of(path) or "", set_all)


def remove_from_env(name: str, *, path: Path | None = None) -> Path:
    """Take a variable out of ``.env``, however often it stands there; what else stands there is kept.

    Args:
        name: the variable.
        path: another file than :func:`env_path`.

    Raises:
        SettingsError: the file cannot be read or written; what stood there is unchanged.
    """
    path = path or env_path()
    text = _text_of(path)
    if text is None or all(binding.key != name for binding in parse_stream(io.StringIO(text))):
        return path

    def unset(draft: Path) -> None:
        dotenv.unset_key(draft, name)

    return _changed(path, text, unset)


def _changed(path: Path, text: str, change: Callable[[Path], None]) -> Path:
    """Let ``change`` work on a draft with ``text`` in it, and put that in the place of ``path`` in one step."""
    try:
        with _private_draft(path, text) as draft:
            change(draft)
            draft.replace(path)
    except OSError as problem:
        raise SettingsError(f"{path.name} cannot be written: {problem.strerror}. Nothing was saved.") from None
    return path


def _text_of(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        return None
    except UnicodeDecodeError:
        raise SettingsError(f"{path.name} is not plain text (UTF-8). Save it again as UTF-8 text.") from None
    except OSError as problem:
        raise SettingsError(f"{path.name} is there but cannot be read: {problem.strerror}.") from None


@contextlib.contextmanager
def _private_draft(path: Path, text: str) -> Iterator[Path]:
    """A file beside ``path`` with ``text`` in it, readable by you alone from the start; gone at the end."""
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    try:
        with os.fdopen(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w", encoding="utf-8") as file:
            file.write(text)
        yield draft
    finally:
        draft.unlink(missing_ok=True)


def new_code_key() -> str:
    """A fresh value for ``TWO_FACTOR_CODE_KEY``: 32 random bytes as 64 hexadecimal digits."""
    return secrets.token_hex(CODE_KEY_BYTES)


def _read(clock: Clock | None, database: str) -> tuple[Mapping[str, str], Settings]:
    """The variables, and the settings that they make, with a database file that is nobody else's."""
    values, env_file = read_variables()
    mode, class_address = _mode(values), values.get(CLASS_ADDRESS, "").strip()
    if mode == "live":
        if class_address:
            raise SettingsError(
                f"FLOWROUTE_MODE=live and {CLASS_ADDRESS} exclude each other: a class is practice. Delete the line "
                f"{CLASS_ADDRESS} from .env, or write FLOWROUTE_MODE=practice."
            )
        return values, _live(values, database, env_file)
    if class_address:
        return values, _in_class(class_address, database, env_file)
    return values, _practice(clock or Clock(), database, env_file)


def _mode(values: Mapping[str, str]) -> Mode:
    mode = values.get("FLOWROUTE_MODE", "").strip().lower() or "practice"
    if mode not in ("practice", "live"):
        raise SettingsError("FLOWROUTE_MODE is neither practice nor live. Write FLOWROUTE_MODE=practice, or live.")
    return "live" if mode == "live" else "practice"


def _practice(clock: Clock, database: str, env_file: Path | None) -> Settings:
    from helpers.simulator import SimulatedNetwork  # only here: live mode never loads the simulator

    network = SimulatedNetwork(
        clock=clock,
        access_key=PRACTICE_ACCESS_KEY,
        secret_key=PRACTICE_SECRET_KEY,
        numbers=[PRACTICE_FROM.digits],
        # Five requests a second mean nothing where time stands still; notebook 02 turns the limit on for one cell.
        rate_limit=clock.running,
    )
    code_key = _practice_code_key()
    return Settings(
        mode="practice",
        env_file=env_file,
        access_key=PRACTICE_ACCESS_KEY,
        secret_key=Secret(PRACTICE_SECRET_KEY),
        code_key=code_key,
        from_number=PRACTICE_FROM,
        my_number=PRACTICE_PHONE,
        clock=clock,
        database_url=database_url(database),
        simulator=network,
        webhook_secret=_practice_webhook_secret(code_key),
    )


def _in_class(text: str, database: str, env_file: Path | None) -> Settings:
    """Practice mode over the class's network: practice keys, and of this machine nothing but the code key."""
    try:
        address = ClassAddress.parse(text)
    except ClassAddressError as problem:
        raise SettingsError(f"{CLASS_ADDRESS}: {problem.user_message}") from None
    network = connect(address)
    network.meet()
    code_key = _practice_code_key()
    return Settings(
        mode="practice",
        env_file=env_file,
        access_key=address.access_key,
        secret_key=address.secret_key,
        code_key=code_key,
        from_number=address.number,
        my_number=PRACTICE_PHONE,
        clock=network.clock,
        database_url=database_url(f"{database}-class"),  # its times are by the class's clock, so a file of its own
        shared_network=network,
        webhook_secret=_practice_webhook_secret(code_key),
    )


def _practice_webhook_secret(code_key: Secret[bytes]) -> Secret[str]:
    return Secret(hmac.digest(code_key.reveal(), b"webhook secret", sha256).hex())


def _live(values: Mapping[str, str], database: str, env_file: Path | None) -> Settings:
    needed = {
        "FLOWROUTE_ACCESS_KEY": "the Access Key from Flowroute's portal",
        "FLOWROUTE_SECRET_KEY": "the Secret Key that belongs to it",
        "FLOWROUTE_NUMBER": "the number of your account that texts are sent from",
        "FLOWROUTE_ALLOWED_RECIPIENTS": "the phones that may be texted, with commas between them",
        "TWO_FACTOR_CODE_KEY": "64 hexadecimal digits; the form in notebook 01 makes them",
    }
    missing = [f"{name} ({what})" for name, what in needed.items() if not values.get(name, "").strip()]
    if missing:
        raise SettingsError(f"Live mode needs more than is set. Missing in .env: {'; '.join(missing)}.")
    allowed = tuple(_number(part, "FLOWROUTE_ALLOWED_RECIPIENTS") for part in _parts(values))
    return Settings(
        mode="live",
        env_file=env_file,
        access_key=values["FLOWROUTE_ACCESS_KEY"].strip(),
        secret_key=Secret(values["FLOWROUTE_SECRET_KEY"].strip()),
        code_key=_code_key(values["TWO_FACTOR_CODE_KEY"], "TWO_FACTOR_CODE_KEY"),
        previous_code_keys=_previous_code_keys(values),
        from_number=_number(values["FLOWROUTE_NUMBER"], "FLOWROUTE_NUMBER"),
        my_number=allowed[0],
        clock=Clock.real(),
        database_url=database_url(f"{database}-live"),
        allowed_recipients=allowed,
        daily_cap=_daily_cap(values),
        webhook_secret=_webhook_secret(values),
    )


def _shared(address: str) -> str:
    try:
        known = make_url(address).drivername == "postgresql+psycopg"
    except (ArgumentError, ValueError):
        known = False
    if not known:
        raise SettingsError("DATABASE_URL is written like postgresql+psycopg://user:password@host/name, or left empty.")
    return address


def _parts(values: Mapping[str, str]) -> list[str]:
    parts = [part for part in re.split(r"[,;]", values["FLOWROUTE_ALLOWED_RECIPIENTS"]) if part.strip()]
    if not parts:
        raise SettingsError("FLOWROUTE_ALLOWED_RECIPIENTS names no phone. Write at least your own: +1 and ten digits.")
    return parts


def _number(text: str, variable: str) -> PhoneNumber:
    try:
        return PhoneNumber.parse(text).require_textable() if variable != "FLOWROUTE_NUMBER" else PhoneNumber.parse(text)
    except PhoneNumberError as problem:
        raise SettingsError(f"{variable}: {problem.user_message}") from None


def _daily_cap(values: Mapping[str, str]) -> int:
    text = values.get("FLOWROUTE_DAILY_CAP", "").strip() or str(DEFAULT_DAILY_CAP)
    if not text.isdecimal() or not 1 <= int(text) <= 1000:
        raise SettingsError("FLOWROUTE_DAILY_CAP is the most live texts a day: write a whole number from 1 to 1000.")
    return int(text)


def _webhook_secret(values: Mapping[str, str]) -> Secret[str] | None:
    text = values.get("TWO_FACTOR_WEBHOOK_SECRET", "").strip()
    if not text:
        return None
    if not _WEBHOOK_SECRET.fullmatch(text):
        raise SettingsError(
            f"TWO_FACTOR_WEBHOOK_SECRET takes 32 or more letters, digits, - and _. Make one with {_HOW_TO_MAKE_ONE}."
        )
    return Secret(text)


def _code_key(text: str, where: str) -> Secret[bytes]:
    try:
        key = bytes.fromhex(text.strip())
    except ValueError:
        key = b""
    if len(key) != CODE_KEY_BYTES:
        raise SettingsError(
            f"{where} is not a key: it takes {CODE_KEY_BYTES * 2} hexadecimal digits. Make one with "
            'python -c "import secrets; print(secrets.token_hex(32))".'
        )
    return Secret(key)


def _previous_code_keys(values: Mapping[str, str]) -> tuple[Secret[bytes], ...]:
    name = "TWO_FACTOR_PREVIOUS_CODE_KEYS"
    return tuple(_code_key(part, name) for part in re.split(r"[,;]", values.get(name, "")) if part.strip())


def _practice_code_key() -> Secret[bytes]:
    """Practice mode's own key: made once, in a file that only you may read, never in the database."""
    path = course_data_folder() / "practice-code-key"
    try:
        if not path.exists():
            # Linked, not written in place: where two programs try at once, the first one's whole key stands.
            with _private_draft(path, new_code_key()) as draft:
                try:
                    os.link(draft, path)
                except FileExistsError:
                    pass
                except OSError:  # a disk that knows no links (exFAT)
                    draft.replace(path)
        text = _text_of(path) or ""
    except OSError as problem:
        raise SettingsError(
            f"The folder for the course's data ({path.parent.name}) cannot be written: {problem.strerror}. Give "
            "yourself write access to it, or set TWO_FACTOR_COURSE_DIR to another folder."
        ) from None
    return _code_key(text, f"The file {path.name} in {path.parent.name}")


__all__ = [
    "Mode",
    "Settings",
    "SettingsError",
    "current_class",
    "env_path",
    "new_code_key",
    "read_variables",
    "remove_from_env",
    "save_env",
]
