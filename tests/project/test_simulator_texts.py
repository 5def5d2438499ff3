"""What README.md and SIMULATOR.md say of the simulator is what it is."""

from __future__ import annotations

import os
import re
import shutil
import subprocess

import pytest
import simulator_tables
from project_files import ROOT

from helpers.clock import Clock
from helpers.simulator import SimulatedNetwork
from helpers.simulator.faults import WHAT_HAPPENS
from helpers.simulator.server import serve


@pytest.mark.parametrize("name", simulator_tables.FILES)
def test_the_tables_are_current(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    assert "<!-- outcomes: end -->" in text
    assert simulator_tables.renewed(text) == text


def test_an_old_table_is_noticed_and_renewed() -> None:
    text = (ROOT / "SIMULATOR.md").read_text(encoding="utf-8")
    old = text.replace("documented", "assumed")
    assert old != text
    assert simulator_tables.renewed(old).count("documented") >= text.count("| documented |")


def test_the_manual_lists_every_fault() -> None:
    text = (ROOT / "SIMULATOR.md").read_text(encoding="utf-8")
    section = text.partition("## Faults")[2].partition("\n## ")[0]
    listed = set(re.findall(r"`([a-z0-9-]+)`", re.sub(r"^```.*?^```", "", section, flags=re.DOTALL | re.MULTILINE)))
    assert set(WHAT_HAPPENS) <= listed


def test_the_node_lines_of_the_readme_run() -> None:
    node = shutil.which("node")
    if node is None:
        if os.environ.get("CI"):
            pytest.fail("Node.js is missing: .ci/run installs it.")
        pytest.skip("Node.js is not installed")
    (lines,) = re.findall(r"```js\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    network = SimulatedNetwork(
        clock=Clock(), access_key="12345678", secret_key="s3cret", numbers=["12065550199"], rate_limit=False
    )
    with serve(network, port=0) as server:
        program = lines.replace("http://127.0.0.1:8025", server.url)
        done = subprocess.run(
            [node, "--input-type=module", "-e", program], capture_output=True, text=True, check=False, timeout=60
        )
    assert (done.returncode, done.stdout) == (0, "482915\n"), done.stderr
