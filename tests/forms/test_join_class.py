"""Join a class with one line; leave it again. What does not answer is not saved."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from class_seat import ClassBench, class_bench

from helpers import shared_network
from helpers.forms import join_class_form
from helpers.forms.view import Form
from helpers.settings import env_path, read_variables, remove_from_env, save_env
from helpers.shared_network import ask_class

VARIABLE = "FLOWROUTE_SIMULATOR_URL"


@pytest.fixture(autouse=True)
def env(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("FLOWROUTE_MODE", raising=False)
    monkeypatch.setenv("TWO_FACTOR_ENV_FILE", str(tmp_path / ".env"))
    return tmp_path / ".env"


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Iterator[ClassBench]:
    bench = class_bench()
    monkeypatch.setattr(shared_network, "connect", lambda _: bench.network)
    yield bench
    bench.room.close()


def form() -> Form:
    return join_class_form(ask=ask_class, save=save_env, leave=remove_from_env, variables=lambda: read_variables()[0])


def buttons(form: Form) -> list[str]:
    return [action["label"] for action in form._schema["actions"]]


def test_who_joins_is_greeted_and_the_address_is_kept(bench: ClassBench, env: Path) -> None:
    env.write_text("COFFEE=strong\n")
    joining = form()
    joining.type(address=f" {bench.address_line} ").press("join")
    assert joining.model.state == "done"
    assert joining.model.status.startswith("You are Ana. Notebooks 02 to 04 text over the class's network now")
    assert read_variables()[0][VARIABLE] == bench.address_line
    assert read_variables()[0]["COFFEE"] == "strong"


def test_the_address_is_nowhere_in_the_form_afterwards(bench: ClassBench) -> None:
    joining = form()
    joining.type(address=bench.address_line).press("join")
    kept = f"{joining.get_state()} {joining._as_html()} {joining!r} {joining._in_words()}"
    secret = bench.network.address.secret_key.reveal()
    assert joining.model.state == "done"
    assert secret not in kept
    assert bench.place.seat.number not in kept


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda line: line[:-3], "This address|A class address ends in eleven digits"),
        (lambda line: re.sub(":[a-z0-9]{10}@", ":zzzzz22222@", line), "does not know your class address"),
        (lambda line: "http://192.0.2.7:8025/", "Is it the address for joining"),
    ],
)
def test_what_is_wrong_is_said_beside_the_field_and_nothing_is_saved(
    bench: ClassBench, env: Path, monkeypatch: pytest.MonkeyPatch, change: object, words: str
) -> None:
    def connect(address: shared_network.ClassAddress) -> shared_network.SharedNetwork:
        return shared_network.SharedNetwork(address, over=lambda: bench.wire)

    monkeypatch.setattr(shared_network, "connect", connect)
    joining = form()
    joining.type(address=change(bench.address_line)).press("join")  # type: ignore[operator]
    assert joining.model.state == "refused"
    assert re.search(words, joining.model.errors["address"])
    assert joining.model.errors["address"].endswith("Nothing was saved.")
    assert not env.exists()


def test_a_class_that_is_away_is_not_saved(bench: ClassBench, env: Path) -> None:
    bench.wire.cut = requests.ConnectionError()
    joining = form()
    joining.type(address=bench.address_line).press("join")
    assert "does not answer. Is the Wi-Fi on? Ask your teacher" in joining.model.status
    assert not env.exists()


def test_an_empty_field_asks_nobody(bench: ClassBench) -> None:
    assert form().press("join").model.errors == {"address": "Fill this in."}
    assert bench.wire.requests == []


def test_live_mode_and_a_class_do_not_go_together(bench: ClassBench, env: Path) -> None:
    env.write_text("FLOWROUTE_MODE=Live\n")
    joining = form()
    joining.type(address=bench.address_line).press("join")
    assert joining.model.status.startswith("Your .env says live, and a class is practice.")
    assert bench.wire.requests == []
    assert VARIABLE not in env.read_text()


def test_a_file_that_cannot_be_written_is_said_so(bench: ClassBench, env: Path) -> None:
    env.mkdir()
    joining = join_class_form(ask=ask_class, save=save_env, leave=remove_from_env, variables=dict)
    joining.type(address=bench.address_line).press("join")
    assert joining.model.state == "refused"
    assert ".env is there but cannot be read" in joining.model.status


def test_who_is_in_one_can_leave_it(bench: ClassBench, env: Path) -> None:
    assert buttons(form()) == ["Join the class"]
    form().type(address=bench.address_line).press("join")
    leaving = form()
    assert buttons(leaving) == ["Join the class", "Leave the class"]
    assert leaving.model.notice.startswith("You are in a class.")
    leaving.press("leave")
    assert (
        leaving.model.status
        == "You have left the class: its line is gone from .env. In open notebooks choose Run → Run All Cells."
    )
    assert VARIABLE not in env.read_text()
    assert buttons(form()) == ["Join the class"]
    assert env_path() == env
