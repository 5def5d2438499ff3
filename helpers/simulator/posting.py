"""Posting callbacks over HTTP: to this machine alone, unless it was said that they may go anywhere."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from helpers.simulator.callbacks import Sender

TIMEOUT_SECONDS: Final = 10
_ELSEWHERE: Final = (
    "not posted: callbacks go to 127.0.0.1, ::1 and localhost alone, unless the simulator was started with "
    "--callbacks-to anywhere"
)


def http_sender(*, anywhere: bool = False) -> Sender:
    """A sender for a served simulator (behaviour ``callbacks-loopback``).

    Args:
        anywhere: whether other machines may be posted to. A simulator that others can reach would then post
            wherever they tell it to.
    """
    import requests  # here, since a simulator without callbacks starts sooner without it

    session = requests.Session()
    session.trust_env = False  # no proxy: the address in the URL is the address that is called

    def post(url: str, body: bytes, headers: dict[str, str]) -> int:
        if not anywhere and not _on_this_machine(url):
            raise ValueError(_ELSEWHERE)
        try:
            answer = session.post(
                url, body, headers=headers, timeout=TIMEOUT_SECONDS, allow_redirects=False, stream=True
            )
        except requests.RequestException as problem:
            raise ValueError(f"no answer: {type(problem).__name__}") from None
        answer.close()  # only the status counts
        return answer.status_code

    return post


def _on_this_machine(url: str) -> bool:
    from urllib3.util import parse_url  # as requests reads it: two readers can see two hosts in one URL

    try:
        host = (parse_url(url).host or "").strip("[]")
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:  # a name: what it resolves to may change between the look and the call
        return False
