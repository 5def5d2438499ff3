"""Closes the network to a Python process, this machine excepted. It cannot be opened again.

Runs as a start-up file of every kernel that tests and tools start, and once in pytest itself. What is not Python
(a program that a cell starts) is not seen here.
"""


def _close_the_network() -> None:
    # All names live in here: a start-up file shares its names with the notebook, and must not lend it an import.
    import ipaddress
    import sys
    from typing import Any

    def host_of(event: str, arguments: tuple[Any, ...]) -> Any:
        if event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
            address = arguments[1]
            # Text is the path of a Unix socket; None means a socket that was connected, and so judged, before.
            return address[0] if isinstance(address, tuple) else None
        if event == "socket.getnameinfo":
            return arguments[0][0]
        return arguments[0]

    def is_this_machine(host: Any) -> bool:
        text = host.decode() if isinstance(host, bytes) else host
        if text in (None, "", "localhost"):
            return True
        try:
            return ipaddress.ip_address(text).is_loopback
        except ValueError:
            return False

    watched = frozenset(
        f"socket.{name}"
        for name in (
            "connect",
            "sendto",
            "sendmsg",
            "getaddrinfo",
            "gethostbyname",
            "gethostbyaddr",
            "getnameinfo",
        )
    )

    def refuse(event: str, arguments: tuple[Any, ...]) -> None:
        if event in watched and not is_this_machine(host := host_of(event, arguments)):
            raise PermissionError(f"No network here: {event} to {host!r} was refused. Only this machine is reachable.")

    sys.addaudithook(refuse)


_close_the_network()
del _close_the_network
