"""MMS: what is taken as one, its record, its price, its limits; and that v2 knows none."""

from __future__ import annotations

from typing import Any

import pytest

from helpers.clock import Clock
from helpers.simulator import SimulatedNetwork

PICTURE = "https://media.example/holiday/image000000.png"
FILM = "https://media.example/film.mp4?version=2"
NEWER = pytest.mark.parametrize("version", ["v2.1", "v2.2"])


def record(call: Any, answer: Any, version: str = "v2.1") -> dict[str, Any]:
    assert answer.status_code == 202, answer.text
    return dict(call("GET", f"/{version}/messages/{answer.json()['data']['id']}").json())


def wrong_fields(answer: Any) -> list[str]:
    assert answer.status_code == 422, answer.text
    return sorted(answer.json()["errors"][0]["detail"]["data"]["attributes"])


@NEWER
def test_media_make_an_mms_and_show_in_its_record(send: Any, call: Any, version: str, clock: Clock) -> None:
    answer = send(version, body="Look", media_urls=[PICTURE, FILM])
    clock.advance(seconds=1)
    whole = record(call, answer, version)
    assert list(whole) == ["data", "included"]
    data = whole["data"]
    assert sorted(data) == ["attributes", "id", "relationships", "type"]
    attributes = data["attributes"]
    assert (attributes["is_mms"], attributes["body"]) == (True, "Look")
    assert (attributes["amount_nanodollars"], attributes["amount_display"]) == (9_500_000, "$0.0095")
    receipts = [(receipt["level"], receipt["status"]) for receipt in attributes["delivery_receipts"]]
    assert receipts == [(2, "message buffered"), (1, "mmsc submit")]
    assert data["relationships"] == {
        "media": {"data": [{"id": item["id"], "type": "media"} for item in whole["included"]]}
    }
    first, second = whole["included"]
    assert first == {
        "id": first["id"],
        "type": "media",
        "attributes": {"file_name": "image000000.png", "file_size": 14832, "mime_type": "image/png", "url": PICTURE},
        "links": {"self": f"https://api.flowroute.com/v2.2/media/{first['id']}"},
    }
    assert second["id"] != first["id"]
    assert second["attributes"]["file_name"] == "film.mp4"
    assert (second["attributes"]["mime_type"], second["attributes"]["url"]) == ("video/mp4", FILM)


@pytest.mark.parametrize(
    ("url", "name", "kind"),
    [
        ("https://media.example/", "media", "application/octet-stream"),
        ("http://m.example/a.unheard", "a.unheard", "application/octet-stream"),
    ],
)
def test_the_name_decides_what_a_file_is_since_nothing_is_fetched(
    send: Any, call: Any, url: str, name: str, kind: str
) -> None:
    (media,) = record(call, send(media_urls=[url]))["included"]
    assert (media["attributes"]["file_name"], media["attributes"]["mime_type"]) == (name, kind)


@NEWER
def test_media_may_come_without_a_text(send: Any, call: Any, network: SimulatedNetwork, version: str) -> None:
    network.receipts = "instant"
    attributes = record(call, send(version, body=None, media_urls=[PICTURE]), version)["data"]["attributes"]
    assert (attributes["body"], attributes["message_encoding"]) == (None, 0)
    (text,) = network.inbox.texts("12065550100")
    assert (text.body, text.media_urls) == ("", (PICTURE,))


@NEWER
@pytest.mark.parametrize("is_mms", [True, "true", "True"])
def test_a_text_alone_may_be_an_mms_by_either_word(
    send: Any, call: Any, version: str, is_mms: object, clock: Clock
) -> None:
    answer = send(version, is_mms=is_mms)
    clock.advance(seconds=0.3)
    whole = record(call, answer, version)
    assert list(whole) == ["data"]
    assert "relationships" not in whole["data"]
    assert whole["data"]["attributes"]["is_mms"] is True
    assert whole["data"]["attributes"]["status"] == "mmsc submit"


@pytest.mark.parametrize("is_mms", [False, "false", "", None])
def test_no_mms_by_either_word_but_media_win(send: Any, call: Any, is_mms: object) -> None:
    assert record(call, send(is_mms=is_mms))["data"]["attributes"]["is_mms"] is False
    assert record(call, send(is_mms=is_mms, media_urls=[PICTURE]))["data"]["attributes"]["is_mms"] is True


@NEWER
def test_a_text_alone_needs_its_text_even_as_an_mms(send: Any, version: str) -> None:
    assert wrong_fields(send(version, body=None, is_mms=True)) == ["body"]
    assert wrong_fields(send(version, body=None, media_urls=[])) == ["body"]


NO_MEDIA = [
    "https://media.example/a.png",
    {},
    7,
    [7],
    [None],
    [""],
    ["ftp://media.example/a"],
    ["//media.example/a"],
    ["https://"],
    ["https://media.example:99999/"],
    ["https://media.example/a b"],
    ["https://media.example/ä.png"],
    ["https://[::1"],
    ["https://media.example\\@other.example/"],
    ["https://media.example/" + "a" * 2048],
    [PICTURE] * 11,
]


def test_media_are_a_list_of_urls(subtests: pytest.Subtests, send: Any) -> None:
    for media in NO_MEDIA:
        with subtests.test(media=media):
            assert wrong_fields(send(media_urls=media)) == ["media_urls"]


@pytest.mark.parametrize("is_mms", ["yes", "1", 1, 0, [], {}])
def test_is_mms_is_a_boolean_or_the_word_for_one(send: Any, is_mms: object) -> None:
    assert wrong_fields(send(is_mms=is_mms)) == ["is_mms"]


@NEWER
def test_media_over_the_limit_are_refused_with_the_limit(send: Any, network: SimulatedNetwork, version: str) -> None:
    too_much = "x" * 767_841
    for fields in (
        {"media_urls": [PICTURE, "https://media.example/too-large.png"]},
        {"is_mms": True, "body": too_much},
    ):
        answer = send(version, **fields)
        assert answer.status_code == 422
        (error,) = answer.json()["errors"]
        assert sorted(error) == ["detail", "id", "status"]
        assert "767840" in error["detail"]
    assert send(version, is_mms=True, body=too_much[1:]).status_code == 202
    assert send(version, body=too_much).status_code == 202  # no limit is documented for an SMS
    assert len(network.messages()) == 2


def test_the_price_of_an_mms_is_that_of_one_segment(send: Any) -> None:
    answer = send("v2.2", body="x" * 500, media_urls=[PICTURE])
    assert answer.json()["data"]["attributes"]["price_details"] == {
        "base_rate": "0.0095",
        "charged_cost": "0.0125",
        "segment_count": 1,
        "surcharge_rate": "0.0030",
    }


def test_v2_has_no_media(send: Any, call: Any, network: SimulatedNetwork) -> None:
    network.receipts = "instant"
    answer = send("v2", media_urls=[PICTURE], is_mms=True)
    assert answer.status_code == 200
    whole = call("GET", f"/v2/messages/{answer.json()['data']['id']}").json()
    assert list(whole) == ["data"]
    assert whole["data"]["attributes"]["has_mms"] is False
    (text,) = network.inbox.texts("12065550100")
    assert text.media_urls == ()
    assert wrong_fields(send("v2", body=None, media_urls=[PICTURE])) == ["body"]


def test_one_mms_a_second_for_each_version_beside_the_texts(send: Any, network: SimulatedNetwork, clock: Clock) -> None:
    network.rate_limit = True
    assert [send(media_urls=[PICTURE]).status_code for _ in range(2)] == [202, 429]
    assert send("v2.2", media_urls=[PICTURE]).status_code == 202
    assert [send().status_code for _ in range(4)] == [202, 202, 202, 429]  # an MMS is also a request
    clock.advance(seconds=0.999)
    assert send("v2.2", media_urls=[PICTURE]).status_code == 429
    clock.advance(seconds=0.001)
    assert send(media_urls=[PICTURE]).status_code == 202
    assert send("v2.2", media_urls=[PICTURE]).status_code == 202
