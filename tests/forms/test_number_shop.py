"""The shop of notebook 01, pressed from Python: each step opens the next, and a text comes from the number bought."""

from __future__ import annotations

from pathlib import Path

import pytest

from helpers.flowroute import NumbersClient
from helpers.forms import NumberShop
from helpers.phone_numbers import PhoneNumber
from helpers.settings import Settings, new_code_key

CANNOT_START = "12125550177"


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("TWO_FACTOR_COURSE_DIR", str(tmp_path / "course"))
    monkeypatch.setenv("TWO_FACTOR_ENV_FILE", str(tmp_path / ".env"))
    return Settings.for_notebook("shop")


@pytest.fixture
def shop(settings: Settings) -> NumberShop:
    def register(number: PhoneNumber) -> None:
        assert settings.simulator is not None
        settings.simulator.set_registration(number.digits, "registered")

    return NumberShop(settings, register=register)


def titles(shop: NumberShop) -> list[str]:
    return [form.model.title for form in shop.steps.children]


def buy(shop: NumberShop, number: str) -> None:
    shop.steps.children[0].type(choice=number[1:4]).press()
    shop.current.press()
    shop.current.type(choice=number).press()


def texts(settings: Settings) -> list[str]:
    assert settings.inbox is not None
    settings.clock.advance(seconds=5)
    return [text.body for text in settings.inbox.texts(settings.my_number)]


def test_from_an_area_code_to_a_text(shop: NumberShop, settings: Settings) -> None:
    assert titles(shop) == ["1 · Area code"]
    shop.current.press()
    assert shop.steps.children[0].model.status == "1 exchange of area code 206. Choose below."
    shop.current.press()
    assert shop.steps.children[1].model.status == "10 numbers, each with its price. Choose below."
    offers = dict(shop.current.model.fields[0].options)
    assert offers["12065550170"] == "(206) 555-0170: $1.25 a month, $1.00 once, Seattle WA"
    shop.current.type(choice="12065550172").press()
    assert shop.steps.children[2].model.status.startswith("(206) 555-0172 is yours.")
    assert titles(shop) == ["1 · Area code", "2 · Exchange", "3 · Number", "4 · Your new number"]

    shop.current.press("send")
    assert shop.current.model.state == "refused"
    assert "Flowroute answered 403" in shop.current.model.status
    assert "Wait a moment, and press again." in shop.current.model.status
    settings.clock.advance(seconds=2)
    shop.current.press("send")
    assert "it will not arrive: the number is not registered" in shop.current.model.status
    assert texts(settings) == []
    shop.current.press("register")
    assert "it takes days" in shop.current.model.status
    shop.current.type(message="At last!").press("send")
    assert "It is on the phone in a moment." in shop.current.model.status
    assert texts(settings) == ["At last!"]
    assert settings.inbox is not None
    latest = settings.inbox.latest(settings.my_number)
    assert latest is not None
    assert latest.sender == "12065550172"


def test_another_choice_above_takes_away_what_stands_below(shop: NumberShop) -> None:
    buy(shop, "12125550150")
    older = shop.steps.children[1:]
    shop.steps.children[0].type(choice="415").press()
    assert titles(shop) == ["1 · Area code", "2 · Exchange"]
    assert dict(shop.current.model.fields[0].options) == {"415555": "415-555"}
    assert all(form.comm is None for form in older)  # closed: the page forgets them


def test_a_number_that_is_gone_is_refused_beside_the_list(shop: NumberShop) -> None:
    buy(shop, "12125550100")
    number = shop.steps.children[2]
    number.press()
    assert number.model.state == "refused"
    assert "Somebody else has this number" in number.model.errors["choice"]
    assert len(shop.steps.children) == 4  # the one that was bought is still there


def test_what_is_sold_out_says_so(shop: NumberShop, settings: Settings) -> None:
    shop.current.type(choice="206").press()
    numbers = NumbersClient(settings.client())
    for each in numbers.available_numbers(starts_with="206", limit=200):
        numbers.purchase(each.number)
    for place in (0, 1):
        form = shop.steps.children[place]
        form.press()
        assert form.model.errors["choice"] == "Nothing is on sale there any more. Choose another."


def test_a_number_whose_messaging_fails_says_so(shop: NumberShop, settings: Settings) -> None:
    shop.current.type(choice="212").press()
    settings_numbers = NumbersClient(settings.client())
    for each in settings_numbers.available_numbers(starts_with="212555", limit=77):
        settings_numbers.purchase(each.number)
    shop.current.press()
    shop.current.type(choice=CANNOT_START).press()
    assert "messaging could not be turned on" in shop.steps.children[2].model.status
    shop.current.press("send")
    assert shop.current.model.status.endswith(
        "Messaging could not be turned on for this number. Choose another one above."
    )
    shop.current.press("register")
    assert (shop.current.model.state, "cannot text all the same" in shop.current.model.status) == ("refused", True)


@pytest.mark.parametrize("place", [0, 1, 2])
def test_only_what_is_in_the_list_can_be_chosen(shop: NumberShop, place: int) -> None:
    for _ in range(place):
        shop.current.press()
    shop.current.type(choice="999").press()
    assert shop.current.model.errors == {"choice": "Choose one of the list."}
    assert len(shop.steps.children) == place + 1


def test_an_empty_message_is_not_sent(shop: NumberShop, settings: Settings) -> None:
    buy(shop, "12125550100")
    settings.clock.advance(seconds=2)
    shop.current.type(message=" ").press("send")
    assert shop.current.model.errors == {"message": "Fill this in."}


def test_a_refused_send_is_told_in_flowroutes_words(shop: NumberShop, settings: Settings) -> None:
    buy(shop, "12125550100")
    settings.clock.advance(seconds=2)
    assert settings.simulator is not None
    settings.simulator.rate_limit = True
    for _ in range(6):
        shop.current.press("send")
    assert "Flowroute answered 429" in shop.current.model.status


def test_it_is_shown_as_words_and_as_a_picture(shop: NumberShop) -> None:
    shop.current.press()
    bundle, _ = shop._repr_mimebundle_()
    assert "<1 · Area code form · practice>" in bundle["text/plain"]
    assert "<2 · Exchange form · practice>" in bundle["text/plain"]
    assert bundle["text/html"].count("Practice") == 3  # two steps and the phone
    assert "206-555" in bundle["text/html"]


def test_it_does_not_open_on_live_settings(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    for name, value in {
        "FLOWROUTE_MODE": "live",
        "FLOWROUTE_ACCESS_KEY": "12345678",
        "FLOWROUTE_SECRET_KEY": "x",
        "FLOWROUTE_NUMBER": "+12065550199",
        "FLOWROUTE_ALLOWED_RECIPIENTS": "+12065550100",
        "TWO_FACTOR_CODE_KEY": new_code_key(),
    }.items():
        monkeypatch.setenv(name, value)
    live = Settings.load()
    with pytest.raises(ValueError, match="for_practice"):
        NumberShop(live, register=lambda _number: None)
    # The way round, in the notebook: a practice network whose time runs, whatever the settings say.
    shop = NumberShop(live.for_practice().for_form("shop"), register=lambda _number: None)
    assert shop.current.model.mode == "practice"
