"""Sending, looking up and listing messages: v2, v2.1 and v2.2 (flowroute-api.md §2, §3)."""

from __future__ import annotations

from flask import Flask, Response, g, request

from helpers.clock import to_ms
from helpers.simulator.messages import Version
from helpers.simulator.network import SimulatedNetwork
from helpers.simulator.routes import answer, let_in
from helpers.simulator.wire import messages as wire

_MESSAGES = "/<any('v2', 'v2.1', 'v2.2'):version>/messages"


def add_routes(app: Flask, network: SimulatedNetwork) -> None:
    """Add the routes of the Messages API."""

    @app.post(_MESSAGES)
    def send_message(version: str) -> Response:
        account = let_in(network, f"/{version}/messages")
        api = Version(version)
        message = network.send(account, api, wire.read_send(api, request.mimetype, request.get_data()))
        g.message_id = message.id
        status, body = wire.accepted(api, message, request.host_url)
        return answer(status, body)

    @app.get(_MESSAGES)
    def list_messages(version: str) -> Response:
        account = let_in(network, f"/{version}/messages")
        api = Version(version)
        filters = wire.read_filters(request.args.to_dict(), default_end_ms=network.newest_record_ms())
        messages = network.sent_between(account, api, to_ms(filters.start), to_ms(filters.end))
        return answer(200, wire.page(api, messages, filters, now_ms=network.clock.now_ms(), root=request.host_url))

    @app.get(f"{_MESSAGES}/<message_id>")
    def get_message(version: str, message_id: str) -> Response:
        account = let_in(network, f"/{version}/messages/{{id}}")
        api = Version(version)
        message = network.find(account, api, message_id)
        return answer(200, wire.single(api, message, now_ms=network.clock.now_ms()))
