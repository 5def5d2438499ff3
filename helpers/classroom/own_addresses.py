"""By which addresses and names the other machines of a room reach this one."""

from __future__ import annotations

import contextlib
import ipaddress
import socket
from typing import Final

_SOMEWHERE: Final = "192.0.2.1"
"""An address for examples: connecting a datagram socket sends nothing, it only asks by which way it would go out."""


def own_addresses() -> list[str]:
    """IPv4 addresses of this machine on its networks; the one by which it goes out comes first. Perhaps none."""
    found: list[str] = []
    with contextlib.suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
        line.connect((_SOMEWHERE, 9))
        found.append(str(line.getsockname()[0]))
    with contextlib.suppress(OSError):
        found += [str(each[4][0]) for each in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)]
    return [each for each in dict.fromkeys(found) if _reaches_others(each)]


def own_names() -> set[str]:
    """The names by which browsers may call this machine, in lower case."""
    name = socket.gethostname().lower()
    short = name.partition(".")[0]
    return {"localhost", name, short, f"{short}.local"}


def _reaches_others(text: str) -> bool:
    address = ipaddress.ip_address(text)
    return not (address.is_loopback or address.is_unspecified or address.is_multicast)
