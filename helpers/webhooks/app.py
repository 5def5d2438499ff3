"""The Flask app that Flowroute posts to: ``POST /flowroute/<secret>``, for texts and receipts alike.

One address for both, since what a post is about is told by the record of its message, not by where it came in: a
callback that was set to the wrong address is still understood.

Answers: 200 once the id is on the disk, and not before; 404 for a wrong secret, as for any path there is not; 400 for
what Flowroute would not post; 413 for a long body; 503 while the database cannot be reached. Flowroute posts again
where it does not get 200 (four times in all, flowroute-api.md §5.1).
"""

from __future__ import annotations

import hmac
from functools import partial
from typing import Final

from flask import Flask, Response, abort, request

from helpers.database import DatabaseUnavailable
from helpers.settings import BRAND, CONTACT, Settings
from helpers.webhooks.callbacks import AT_ONCE, Callbacks, quietly
from helpers.webhooks.payloads import NotACallback, message_id_in
from helpers.webhooks.redaction import redact

LONGEST_BODY: Final = 256 * 1024
EVERY_METHOD: Final = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


def create_app(settings: Settings | None = None, *, callbacks: Callbacks | None = None) -> Flask:
    """The app; ``flask --app helpers.webhooks run`` finds it by this name.

    Args:
        settings: read from ``.env`` if not given.
        callbacks: what the app feeds; the settings' own if not given. ``app.extensions["callbacks"]`` has it.

    Raises:
        SettingsError: live mode, and no ``TWO_FACTOR_WEBHOOK_SECRET``.
    """
    settings = settings or Settings.load()
    secret = settings.require_webhook_secret()
    callbacks = callbacks or _callbacks(settings)
    app = Flask("helpers.webhooks", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = LONGEST_BODY
    app.extensions["callbacks"] = callbacks
    redact(secret, app.logger.name, "werkzeug")

    def take(given: str) -> Response:
        # The secret before all else: who does not know it learns nothing, not even that there is such an address.
        if not hmac.compare_digest(given.encode(), secret.reveal().encode()):
            abort(404)
        if request.method != "POST":
            abort(Response("Only POST.\n", 405, {"Allow": "POST"}, mimetype="text/plain"))
        callbacks.note(message_id_in(request.get_data()))
        answer = Response("Kept.\n", mimetype="text/plain")
        answer.call_on_close(partial(quietly, callbacks.catch_up))  # once it has left: a slow look-up delays no 200
        return answer

    app.add_url_rule(
        "/flowroute/<given>", view_func=take, methods=EVERY_METHOD, provide_automatic_options=False, strict_slashes=True
    )
    app.register_error_handler(NotACallback, lambda problem: _words(problem.user_message, 400))
    app.register_error_handler(DatabaseUnavailable, lambda problem: _words(problem.user_message, 503))
    app.cli.command("catch-up", help="Look up what waits: for cron, every five minutes.")(partial(_catch_up, callbacks))
    return app


def connect(app: Flask, settings: Settings) -> None:
    """Let practice mode's Flowroute post to an app in this process: no port, no thread.

    Raises:
        SettingsError: in live mode, where you set the callbacks yourself.
    """
    settings.post_callbacks_to(app, f"/flowroute/{settings.require_webhook_secret().reveal()}")


def _callbacks(settings: Settings) -> Callbacks:
    return Callbacks(
        settings.database_url,
        flowroute=settings.client(),
        verifier=settings.verifier(),
        accounts=settings.accounts(),
        number=settings.from_number,
        key=settings.code_key,
        previous_keys=settings.previous_code_keys,
        clock=settings.clock,
        brand=BRAND,
        contact=CONTACT,
    )


def _catch_up(callbacks: Callbacks) -> None:
    print(callbacks.catch_up(most=10 * AT_ONCE))


def _words(text: str, status: int) -> Response:
    return Response(f"{text}\n", status, mimetype="text/plain")
