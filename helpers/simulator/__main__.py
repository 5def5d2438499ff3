"""Serve the simulator: ``python -m helpers.simulator --help``."""

from __future__ import annotations

import argparse
import ipaddress
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from helpers.clock import Clock
from helpers.simulator import command_line
from helpers.simulator.command_line import OneLineParser
from helpers.simulator.network import HISTORY, SimulatedNetwork
from helpers.simulator.server import Running, serve

_PRACTICE_ACCESS_KEY: Final = "12345678"
_PRACTICE_SECRET_KEY: Final = "practice-secret-key"  # noqa: S105  # opens nothing but a simulator
_PRACTICE_NUMBER: Final = "12065550199"
_LONGEST_HISTORY: Final = 1_000_000
_HOST_NAME: Final = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,250}[A-Za-z0-9])?(:[0-9]{1,5})?")


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until SIGTERM or Ctrl-C; returns the exit code."""
    parser = _parser()
    options = parser.parse_args(arguments)
    host = _host(parser, options.host, allowed=options.allow_network)
    if options.ca_file is not None and not options.tls:
        parser.error("--ca-file says where --tls writes its certificate: add --tls, or leave --ca-file out.")
    network = _network(parser, options)
    stop = command_line.stop_signals()
    with _running(parser, options, host, network) as running:
        _greet(running, network, own_keys=options.secret_key != _PRACTICE_SECRET_KEY)
        command_line.wait_for(stop)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = OneLineParser(
        prog="python -m helpers.simulator",
        description="Flowroute's Messages and Numbers API on your own machine. No phone gets a text and nobody a bill.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    _add_what_it_owns(parser)
    _add_how_it_behaves(parser)
    _add_where_it_is(parser)
    return parser


def _add_what_it_owns(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument_group("what it owns").add_argument
    add("--access-key", default=_PRACTICE_ACCESS_KEY, help="a practice key, never a real one")
    add("--secret-key", default=_PRACTICE_SECRET_KEY, help="a practice key, never a real one")
    add(
        "--number",
        action="append",
        default=argparse.SUPPRESS,
        help=f"a number you own; may repeat (default: {_PRACTICE_NUMBER})",
    )
    add(
        "--account",
        action="append",
        default=[],
        type=_account,
        metavar="ACCESS:SECRET:NUMBER[,NUMBER]",
        help="one more account with its keys and numbers, for example one for each learner; may repeat",
    )


def _add_how_it_behaves(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument_group("how it behaves").add_argument
    add("--rate-limit", default="on", choices=("on", "off"), help="5 requests a second per endpoint, 1 of them MMS")
    add(
        "--receipts",
        default="realistic",
        choices=("instant", "realistic", "manual"),
        help="receipts come at once, over 1.5 seconds, or only when you set them",
    )
    add("--record-delay", default=0.0, type=float, metavar="SECONDS", help="a record is there this much later")
    add("--webhook-format", default="v2.1", choices=("v2", "v2.1"), help="how callbacks are written")
    add(
        "--callback-answers",
        default="strict",
        choices=("strict", "lenient"),
        help="a callback is repeated unless it is answered 200, or any 2xx",
    )
    add("--legacy-500", action="store_true", help="v2 answers 500 to a malformed to")
    add("--history", default=HISTORY, type=_history, metavar="N", help="how many messages and requests are kept")
    add("--frozen", action="store_true", help="the clock stands still until it is turned")


def _add_where_it_is(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument_group("where it is").add_argument
    add("--host", default="127.0.0.1", help="address to listen on")
    add("--port", default=8025, type=command_line.port, help="port to listen on; 0 takes a free one")
    add("--allow-network", action="store_true", help="allow a --host that other machines can reach")
    add(
        "--allow-host",
        action="append",
        default=[],
        type=_host_name,
        metavar="NAME[:PORT]",
        help="a name by which browsers may open the page and the controls, as they send it; may repeat",
    )
    add(
        "--callbacks-to",
        default="loopback",
        choices=("loopback", "anywhere"),
        help="where callbacks may be posted: this machine alone, or wherever a client says",
    )
    add("--tls", action="store_true", help="speak TLS too, with a certificate authority made for this run alone")
    add(
        "--ca-file",
        type=Path,
        metavar="PATH",
        default=argparse.SUPPRESS,
        help="where --tls writes the certificate to trust (default: a folder of its own); removed at the end",
    )
    parser.set_defaults(ca_file=None)


def _network(parser: argparse.ArgumentParser, options: argparse.Namespace) -> SimulatedNetwork:
    clock = Clock()
    if options.frozen:
        clock.freeze()
    try:
        network = SimulatedNetwork(
            clock=clock,
            access_key=options.access_key,
            secret_key=options.secret_key,
            numbers=getattr(options, "number", [_PRACTICE_NUMBER]),
            rate_limit=options.rate_limit == "on",
            receipts=options.receipts,
            record_delay_seconds=options.record_delay,
            legacy_500=options.legacy_500,
            webhook_format=options.webhook_format,
            strict_callbacks=options.callback_answers == "strict",
            history=options.history,
        )
        for access_key, secret_key, numbers in options.account:
            network.add_account(access_key=access_key, secret_key=secret_key, numbers=numbers)
    except ValueError as problem:
        parser.error(str(problem))
    return network


def _running(
    parser: argparse.ArgumentParser, options: argparse.Namespace, host: str, network: SimulatedNetwork
) -> Running:
    try:
        return serve(
            network,
            host=host,
            port=options.port,
            tls=options.tls,
            ca_file=options.ca_file,
            hosts=options.allow_host,
            callbacks_anywhere=options.callbacks_to == "anywhere",
        )
    except FileExistsError:
        parser.error(f"{options.ca_file} is there already. Name a new file in --ca-file, or remove that one.")
    except OSError as problem:
        if problem.filename is not None:
            parser.error(f"cannot write {problem.filename}: {problem.strerror}. Name another --ca-file.")
        parser.error(command_line.cannot_listen(problem, host=host, port=options.port))


def _host(parser: argparse.ArgumentParser, host: str, *, allowed: bool) -> str:
    try:
        address = ipaddress.ip_address("127.0.0.1" if host == "localhost" else host)
    except ValueError:
        parser.error("--host must be an address such as 127.0.0.1, or localhost.")
    if not address.is_loopback:
        meaning = (
            f"{address} lets every machine that reaches this one talk to the simulator, unencrypted: whoever can open "
            "its page can read all texts and codes in it, send more, and change how it behaves"
        )
        if not allowed:
            parser.error(f"{meaning}. Add --allow-network if you want that, or leave --host out.")
        print(f"Note: {meaning}.", flush=True)
    return str(address)


def _history(text: str) -> int:
    return command_line.whole_number(text, least=1, most=_LONGEST_HISTORY)


def _account(text: str) -> tuple[str, str, list[str]]:
    """The secret key may hold colons: the numbers begin after the last one."""
    access_key, first, rest = text.partition(":")
    secret_key, second, numbers = rest.rpartition(":")
    if not first or not second or not access_key or not secret_key or not numbers:
        # Never quoted: it holds a secret key.
        raise argparse.ArgumentTypeError("write it as ACCESS:SECRET:NUMBER, with a comma between two numbers.")
    return access_key, secret_key, numbers.split(",")


def _host_name(text: str) -> str:
    if not _HOST_NAME.fullmatch(text):
        raise argparse.ArgumentTypeError("write the name as the browser shows it, for example classroom.local:8025.")
    return text


def _greet(running: Running, network: SimulatedNetwork, *, own_keys: bool) -> None:
    number = network.numbers[0]
    keys = "" if own_keys else f"ACCESS_KEY={_PRACTICE_ACCESS_KEY} SECRET_KEY={_PRACTICE_SECRET_KEY}\n  "
    more = len(network.accounts) - 1
    lines = [
        f"Flowroute on your own machine: {running.url}",
        f"Numbers you own: {_some(network.numbers)}" + (f" (in {more + 1} accounts)" if more else ""),
        f"Its page, with the phones and everything that was sent: {running.url}/",
        f"Try it{' (with your keys in ACCESS_KEY and SECRET_KEY)' if own_keys else ''}:",
        f'  {keys}curl -u "$ACCESS_KEY:$SECRET_KEY" -H "Content-Type: application/json" '
        f"""-d '{{"to":"12065550100","from":"{number}","body":"Hello"}}' {running.url}/v2.1/messages""",
        *_about_tls(running),
        "Stop it with Ctrl-C.",
    ]
    print("\n".join(lines), flush=True)


def _some(numbers: Sequence[str]) -> str:
    shown = ", ".join(numbers[:10])
    return shown if len(numbers) <= 10 else f"{shown} and {len(numbers) - 10} more"


def _about_tls(running: Running) -> list[str]:
    if running.proxy_url is None or running.ca_file is None:
        return []
    from helpers.simulator.server.tls import environment

    settings = environment(running.proxy_url, running.ca_file)
    return [
        "For a client whose host is fixed to https://api.flowroute.com, set this where it runs, and nowhere else:",
        *(f"  {name}={value}" for name, value in settings.items()),
        "A client that looks at them reaches this simulator over HTTPS and nothing else; nothing is installed.",
        "Node's own fetch does so from Node 24 on: an older one goes to the real Flowroute. Use practice keys only.",
    ]


if __name__ == "__main__":
    sys.exit(main())
