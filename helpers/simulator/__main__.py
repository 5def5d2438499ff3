"""Serve the simulator: ``python -m helpers.simulator --help``."""

from __future__ import annotations

import argparse
import ipaddress
import signal
import sys
from collections.abc import Sequence
from typing import Final, NoReturn

from waitress.server import create_server  # type: ignore[import-untyped]

from helpers.clock import Clock
from helpers.simulator.app import create_app
from helpers.simulator.network import SimulatedNetwork

_PRACTICE_ACCESS_KEY: Final = "12345678"
_PRACTICE_SECRET_KEY: Final = "practice-secret-key"  # noqa: S105  # opens nothing but a simulator
_PRACTICE_NUMBER: Final = "12065550199"
_THREADS: Final = 8


class _OneLineParser(argparse.ArgumentParser):
    """Says what is wrong in one line instead of printing the whole usage first."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message}\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until SIGTERM or Ctrl-C; returns the exit code."""
    parser = _parser()
    options = parser.parse_args(arguments)
    host = _host(parser, options.host, allowed=options.allow_network)
    network = _network(parser, options)
    try:
        server = create_server(create_app(network), host=host, port=options.port, threads=_THREADS, ident=None)
    except (OSError, ValueError) as problem:
        reason = getattr(problem, "strerror", None) or "that address is not one of this machine's"
        parser.error(f"cannot listen on {host} port {options.port}: {reason}. Try another --port, or 0.")
    for stop_signal in (signal.SIGTERM, signal.SIGINT):  # SIGINT too: a shell's background job ignores it otherwise
        signal.signal(stop_signal, _stop)
    try:
        _greet(network, _url(host, server.effective_port), own_keys=options.secret_key != _PRACTICE_SECRET_KEY)
        server.run()
    except KeyboardInterrupt:
        pass
    finally:
        server.close()
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = _OneLineParser(
        prog="python -m helpers.simulator",
        description="Flowroute's Messages API on your own machine. Nothing leaves it and nothing is billed.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    add = parser.add_argument
    add("--host", default="127.0.0.1", help="address to listen on")
    add("--port", default=8025, type=_port, help="port to listen on; 0 takes a free one")
    add("--access-key", default=_PRACTICE_ACCESS_KEY, help="a practice key, never a real one")
    add("--secret-key", default=_PRACTICE_SECRET_KEY, help="a practice key, never a real one")
    add(
        "--number",
        action="append",
        default=argparse.SUPPRESS,
        help=f"a number you own; may repeat (default: {_PRACTICE_NUMBER})",
    )
    add("--rate-limit", default="on", choices=("on", "off"), help="5 requests a second per endpoint")
    add("--receipts", default="realistic", choices=("realistic", "instant"), help="how soon receipts come")
    add("--record-delay", default=0.0, type=float, metavar="SECONDS", help="a record is there this much later")
    add("--legacy-500", action="store_true", help="v2 answers 500 to a malformed to")
    add("--allow-network", action="store_true", help="allow a --host that other machines can reach")
    return parser


def _network(parser: argparse.ArgumentParser, options: argparse.Namespace) -> SimulatedNetwork:
    try:
        return SimulatedNetwork(
            clock=Clock(),
            access_key=options.access_key,
            secret_key=options.secret_key,
            numbers=getattr(options, "number", [_PRACTICE_NUMBER]),
            rate_limit=options.rate_limit == "on",
            receipts=options.receipts,
            record_delay_seconds=options.record_delay,
            legacy_500=options.legacy_500,
        )
    except ValueError as problem:
        parser.error(str(problem))


def _host(parser: argparse.ArgumentParser, host: str, *, allowed: bool) -> str:
    try:
        address = ipaddress.ip_address("127.0.0.1" if host == "localhost" else host)
    except ValueError:
        parser.error("--host must be an address such as 127.0.0.1, or localhost.")
    if not address.is_loopback:
        meaning = (
            f"{address} lets every machine that reaches this one talk to the simulator, unencrypted: whoever has its "
            "keys can read all texts and codes in it"
        )
        if not allowed:
            parser.error(f"{meaning}. Add --allow-network if you want that, or leave --host out.")
        print(f"Note: {meaning}.", flush=True)
    return str(address)


def _port(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 5 or int(text) > 65535:
        raise argparse.ArgumentTypeError("must be a whole number from 0 to 65535.")
    return int(text)


def _url(host: str, port: int) -> str:
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _greet(network: SimulatedNetwork, url: str, *, own_keys: bool) -> None:
    number = network.numbers[0]
    keys = "" if own_keys else f"ACCESS_KEY={_PRACTICE_ACCESS_KEY} SECRET_KEY={_PRACTICE_SECRET_KEY}\n  "
    print(
        f"Flowroute on your own machine: {url}\n"
        f"Numbers you own: {', '.join(network.numbers)}\n"
        f"Try it{' (with your keys in ACCESS_KEY and SECRET_KEY)' if own_keys else ''}:\n"
        f'  {keys}curl -u "$ACCESS_KEY:$SECRET_KEY" -H "Content-Type: application/json" '
        f"""-d '{{"to":"12065550100","from":"{number}","body":"Hello"}}' {url}/v2.1/messages\n"""
        "Stop it with Ctrl-C.",
        flush=True,
    )


def _stop(_signal: int, _frame: object) -> NoReturn:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
