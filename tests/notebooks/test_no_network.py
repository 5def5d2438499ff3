"""A kernel of a test reaches this machine and nothing else; so does pytest itself."""

import socket

import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook
from run_notebooks import execute

GOES_OUT = {
    "socket.socket().connect(('192.0.2.1', 80))": "socket.connect to '192.0.2.1'",
    "socket.socket().connect_ex(('192.0.2.1', 80))": "socket.connect to '192.0.2.1'",
    "socket.socket(socket.AF_INET6).connect(('2001:db8::1', 80))": "socket.connect to '2001:db8::1'",
    "socket.socket(type=socket.SOCK_DGRAM).sendto(b'x', ('192.0.2.1', 53))": "socket.sendto to '192.0.2.1'",
    "socket.socket(type=socket.SOCK_DGRAM).sendmsg([b'x'], [], 0, ('192.0.2.1', 53))": "socket.sendmsg to '192.0.2.1'",
    "socket.create_connection(('192.0.2.1', 80), timeout=1)": "socket.getaddrinfo to '192.0.2.1'",
    "socket.getaddrinfo('api.flowroute.com', 443)": "socket.getaddrinfo to 'api.flowroute.com'",
    "socket.gethostbyname('api.flowroute.com')": "socket.gethostbyname to 'api.flowroute.com'",
    "socket.gethostbyaddr('192.0.2.1')": "socket.gethostbyaddr to '192.0.2.1'",
    "socket.getnameinfo(('192.0.2.1', 80), 0)": "socket.getnameinfo to '192.0.2.1'",
}
STAYS_HERE = """
server = socket.create_server(("127.0.0.1", 0))
port = server.getsockname()[1]
socket.create_connection(("127.0.0.1", port)).close()
socket.create_connection(("localhost", port)).close()
one, other = socket.socketpair()
assert one.sendmsg([b"x"]) == 1
"""


@pytest.fixture(scope="module")
def errors() -> dict[str, str]:
    """The error of each cell that has one, of one notebook with all cells of this file."""
    failing = [_failing(source) for source in GOES_OUT]
    working = [new_code_cell("import socket"), new_code_cell(STAYS_HERE)]
    notebook = execute(new_notebook(cells=[_failing("sys.version"), *working, *failing]))
    return {cell.source: output.get("evalue", "") for cell in notebook.cells for output in cell.outputs}


def _failing(source: str) -> NotebookNode:
    return new_code_cell(source, metadata={"tags": ["raises-exception"]})


@pytest.mark.parametrize("source", GOES_OUT)
def test_a_cell_that_goes_out_is_refused(source: str, errors: dict[str, str]) -> None:
    assert errors[source] == f"No network here: {GOES_OUT[source]} was refused. Only this machine is reachable."


def test_a_cell_may_talk_to_this_machine(errors: dict[str, str]) -> None:
    assert not errors.get(STAYS_HERE)


def test_the_guard_lends_a_notebook_no_name(errors: dict[str, str]) -> None:
    assert errors["sys.version"] == "name 'sys' is not defined"


def test_pytest_itself_asks_no_name_server() -> None:
    with pytest.raises(PermissionError, match="No network here"):
        socket.getaddrinfo("api.flowroute.com", 443)
