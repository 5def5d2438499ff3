"""Finding and buying numbers: against the simulator, against odd answers, and in front of the live guard."""

from __future__ import annotations

from decimal import Decimal

import pytest
import requests
from flowroute_wire import ACCESS_KEY, SECRET_KEY
from requests.adapters import HTTPAdapter

from helpers.clock import Clock
from helpers.flowroute import (
    FlowrouteClient,
    LiveGuardRefused,
    NotFound,
    NumberNotAvailable,
    NumberOnSale,
    NumbersClient,
    OutcomeUnknown,
    OwnNumber,
    RateLimited,
    Unauthorized,
)
from helpers.flowroute.live import LiveGuard
from helpers.phone_numbers import PhoneNumber
from helpers.secret import Secret
from helpers.settings import Settings

NUMBER = PhoneNumber("+12065550170")
CANNOT_START = PhoneNumber("+12065550177")
ITEM = {"id": "12065550170", "attributes": {"monthly_cost": 1.25, "setup_cost": 1, "state": "wa", "rate_center": "x"}}


@pytest.fixture
def practice(monkeypatch, tmp_path):
    monkeypatch.setenv("FLOWROUTE_MODE", "practice")
    monkeypatch.setenv("TWO_FACTOR_ENV_FILE", str(tmp_path / ".env"))
    monkeypatch.setenv("TWO_FACTOR_COURSE_DIR", str(tmp_path / "course"))
    return Settings.load(clock=Clock.standing_still())


@pytest.mark.parametrize("version", ["v2", "v2.1", "v2.2"])
class TestAgainstTheSimulator:
    @pytest.fixture
    def numbers(self, practice, version):
        return NumbersClient(practice.client(api_version=version))

    def test_from_an_area_code_to_a_number_with_its_price(self, numbers):
        codes = numbers.available_area_codes()
        assert len(codes) >= 100
        assert codes == sorted(codes)
        assert numbers.available_area_codes(limit=2) == codes[:2]
        assert numbers.available_exchanges("206") == ["206555"]
        (on_sale,) = numbers.available_numbers(starts_with="206555", limit=1)
        assert on_sale == NumberOnSale(NUMBER, Decimal("1.25"), Decimal("1.0"), "wa", "seattle")
        assert len(numbers.available_numbers()) == 10

    def test_a_number_is_bought_and_can_text_when_messaging_is_there(self, numbers, practice):
        assert numbers.purchase(NUMBER) == OwnNumber(NUMBER, messaging_enabled=False, provisioning="processing")
        practice.clock.advance(seconds=2)
        assert numbers.get(NUMBER) == OwnNumber(NUMBER, messaging_enabled=True)
        assert practice.client().send_message(to=practice.my_number, from_=NUMBER, body="Hello").id

    def test_without_messaging_it_stays_off(self, numbers, practice):
        assert numbers.purchase(NUMBER, messaging=False) == OwnNumber(NUMBER, messaging_enabled=False)
        practice.clock.advance(minutes=5)
        assert not numbers.get(NUMBER).messaging_enabled

    def test_what_is_bought_is_not_on_sale(self, numbers):
        numbers.purchase(NUMBER)
        assert NUMBER not in [each.number for each in numbers.available_numbers(starts_with="206", limit=200)]
        with pytest.raises(NumberNotAvailable, match="Search again") as caught:
            numbers.purchase(NUMBER)
        assert caught.value.status == 404
        assert "12065550170" not in str(caught.value)

    def test_a_purchase_whose_messaging_failed_is_a_purchase(self, numbers):
        assert numbers.purchase(CANNOT_START) == OwnNumber(CANNOT_START, False, "failed")
        assert numbers.get(CANNOT_START).provisioning == ""

    def test_a_number_of_somebody_else_is_not_found(self, numbers):
        with pytest.raises(NotFound):
            numbers.get(NUMBER)


def test_wrong_keys_and_haste_are_errors_as_ever(practice):
    with pytest.raises(Unauthorized):
        NumbersClient(practice.client(secret_key=Secret("wrong"))).available_area_codes()
    practice.simulator.rate_limit = True
    numbers = NumbersClient(practice.client())
    for _ in range(5):
        numbers.available_area_codes()
    with pytest.raises(RateLimited):
        numbers.available_area_codes()


def test_numbers_hide_themselves(practice):
    numbers = NumbersClient(practice.client())
    assert "5550170" not in repr(numbers.available_numbers(starts_with="206"))
    assert "5550170" not in repr(numbers.purchase(NUMBER))


def test_what_goes_over_the_wire(odd_client):
    client = odd_client((200, {"data": []}), (201, {"data": ITEM}))
    numbers = NumbersClient(client)
    assert numbers.available_numbers(starts_with="206 5&", limit=3) == []
    numbers.purchase(NUMBER)
    search, purchase = client.end.requests
    assert search.url == "https://api.flowroute.com/v2/numbers/available?starts_with=206+5%26&limit=3"
    assert (purchase.method, purchase.url) == ("POST", "https://api.flowroute.com/v2/numbers/12065550170")
    assert purchase.body == b'{"messaging_enabled": true}'


@pytest.mark.parametrize(
    ("item", "found"),
    [
        (ITEM, [Decimal("1.25")]),
        ({**ITEM, "attributes": {}}, [None]),
        ({**ITEM, "attributes": {"monthly_cost": "much"}}, [None]),
        ({**ITEM, "attributes": None}, []),
        ({**ITEM, "id": "not a number"}, []),
        ({**ITEM, "id": None}, []),
        ("text", []),
    ],
)
def test_an_odd_item_is_left_out(odd_client, item, found):
    numbers = NumbersClient(odd_client((200, {"data": [item]})))
    assert [each.monthly_cost for each in numbers.available_numbers()] == found


@pytest.mark.parametrize("answer", [{}, {"data": {}}, {"data": None}, [], None, b"<html>"])
def test_an_answer_that_is_no_list_is_not_an_empty_one(odd_client, answer):
    with pytest.raises(OutcomeUnknown):
        NumbersClient(odd_client((200, answer))).available_area_codes()


@pytest.mark.parametrize(
    "answer",
    [(201, {}), (201, {"data": {"id": "x"}}), (201, {"data": {**ITEM, "attributes": 1}}), requests.ReadTimeout()],
)
def test_after_a_purchase_without_a_usable_answer_look_before_you_buy_again(odd_client, answer):
    with pytest.raises(OutcomeUnknown, match="Look at your numbers before you buy another") as caught:
        NumbersClient(odd_client(answer)).purchase(NUMBER)
    assert not caught.value.safe_to_resend


@pytest.mark.parametrize("included", [None, 7, [None], [{"type": "route"}]])
def test_a_purchase_says_nothing_of_messaging_where_the_answer_does_not(odd_client, included):
    body = {"data": {**ITEM, "attributes": {"messaging_enabled": "yes"}}, "included": included}
    assert NumbersClient(odd_client((201, body))).purchase(NUMBER) == OwnNumber(NUMBER, messaging_enabled=False)


def test_live_mode_buys_nothing(monkeypatch, tmp_path):
    monkeypatch.setattr(HTTPAdapter, "send", lambda *_args, **_kwargs: pytest.fail("it reached the network"))
    guard = LiveGuard(
        allowed=[PhoneNumber("+12065550100")],
        daily_cap=20,
        database_url=f"sqlite:///{tmp_path}/live.sqlite",
        clock=Clock.standing_still(),
    )
    with requests.Session() as session:
        session.mount("https://", guard)
        client = FlowrouteClient(access_key=ACCESS_KEY, secret_key=Secret(SECRET_KEY), session=session)
        with pytest.raises(LiveGuardRefused, match="changes nothing on a live account"):
            NumbersClient(client).purchase(NUMBER)
