"""Where Flowroute posts to, set by a call of the API; and records looked up in another generation than the client's."""

from __future__ import annotations

import json
from contextlib import suppress

import pytest

from helpers.flowroute import FlowrouteError, NotFound, OutcomeUnknown

URL = "https://bank.example/flowroute/0123456789abcdef0123456789abcdef"
MASKED = "https://bank.example/••••••••"
RECORD = {"data": {"id": "mdr1-1", "type": "message", "attributes": {"direction": "inbound", "body": "STOP"}}}


@pytest.mark.parametrize("version", ["v2", "v2.1", "v2.2"])
@pytest.mark.parametrize("kind", ["sms_callback", "mms_callback", "sms_dlr_callback", "mms_dlr_callback"])
def test_it_is_always_a_call_of_v22(odd_client, version, kind):
    client = odd_client((204, b""), api_version=version)
    assert client.set_callback(kind, URL) is None
    (request,) = client.end.requests
    assert (request.method, request.url) == ("PUT", f"https://api.flowroute.com/v2.2/messages/{kind}")
    assert json.loads(request.body) == {"callback_url": URL}


@pytest.mark.parametrize("mask_bodies", [False, True])
@pytest.mark.parametrize("status", [204, 401, 503])
def test_its_secret_is_shown_nowhere(odd_client, status, mask_bodies):
    client = odd_client((status, b""), mask_bodies=mask_bodies)
    with suppress(FlowrouteError):
        client.set_callback("sms_callback", URL)
    shown = client.last_exchange.request_body
    assert "0123456789abcdef" not in f"{shown}{client.last_exchange}"
    assert (MASKED in shown) is not mask_bodies


def test_an_answer_that_is_none_is_not_taken_for_yes(odd_client):
    client = odd_client((302, b""))
    with pytest.raises(OutcomeUnknown):
        client.set_callback("sms_callback", URL)


def test_nothing_is_shown_of_a_request_that_was_never_made(odd_client, monkeypatch):
    client = odd_client()

    def fail(*_args, **_kwargs):
        raise ValueError("before the request")

    monkeypatch.setattr(client, "_call", fail)
    with pytest.raises(ValueError, match="before"):
        client.set_callback("sms_callback", URL)
    assert client.last_exchange is None


def test_a_record_may_be_looked_up_where_its_id_belongs(odd_client):
    client = odd_client((200, RECORD), (404, {}))
    assert client.get_message("mdr1-1", api_version="v2").body == "STOP"
    with pytest.raises(NotFound):
        client.get_message("mdr1-1")
    assert [request.url.split("/")[3] for request in client.end.requests] == ["v2", "v2.2"]


@pytest.mark.parametrize("status", [204, 401, 503])
def test_who_listens_is_told_once_and_never_the_secret(odd_client, status):
    told = []
    client = odd_client((status, b""), mask_bodies=False, on_exchange=told.append)
    with suppress(FlowrouteError):
        client.set_callback("sms_callback", URL)
    assert told == [client.last_exchange]
    assert MASKED in told[0].request_body
    assert "0123456789abcdef" not in f"{told[0].as_dict()}"
