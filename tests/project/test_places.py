"""The files for Codespaces, Binder and a hub: each checked as far as that goes without them."""

import json
import re
from urllib.parse import parse_qs, urlsplit

import yaml
from project_files import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
CONTAINER = json.loads((ROOT / ".devcontainer" / "devcontainer.json").read_text(encoding="utf-8"))


def links(host: str) -> list[str]:
    return re.findall(rf"https://{re.escape(host)}/[^)\s]+", README)


def test_the_container_installs_the_course_by_a_target_that_exists() -> None:
    program, target = CONTAINER["postCreateCommand"].split()
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")

    assert program == "make"
    assert f"INSTALLED := {target}\n" in makefile


def test_the_container_has_what_the_command_needs() -> None:
    dockerfile = (ROOT / ".devcontainer" / CONTAINER["build"]["dockerfile"]).read_text(encoding="utf-8")

    assert re.search(r"^FROM python:3\.1[1-9]-", dockerfile, re.MULTILINE)
    assert re.search(r"apt-get install .*\bmake\b", dockerfile)
    assert f" {CONTAINER['remoteUser']}\n" in dockerfile.replace(" \\\n", " ")


def test_jupyter_is_found_in_the_container() -> None:
    assert CONTAINER["remoteEnv"]["PATH"].startswith("${containerWorkspaceFolder}/.venv/bin:")
    assert 8888 in CONTAINER["forwardPorts"]


def test_binder_opens_the_first_notebook() -> None:
    (link,) = [link for link in links("mybinder.org") if "/v2/gh/" in link]
    (place,) = parse_qs(urlsplit(link).query)["urlpath"]

    assert (ROOT / place.removeprefix("lab/tree/")).is_file()


def test_the_hubs_link_opens_the_first_notebook_of_the_same_copy() -> None:
    (link,) = links("YOUR-HUB")
    query = {name: values[0] for name, values in parse_qs(urlsplit(link).query).items()}
    copy = urlsplit(query["repo"]).path.removeprefix("/")
    folder = copy.rpartition("/")[2]

    assert f"/v2/gh/{copy}/" in README
    assert query["urlpath"].startswith(f"lab/tree/{folder}/")
    assert (ROOT / query["urlpath"].removeprefix(f"lab/tree/{folder}/")).is_file()


def test_binder_installs_the_course_itself() -> None:
    environment = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    pip = next(part["pip"] for part in environment["dependencies"] if isinstance(part, dict))

    assert any(line.startswith("-e .") for line in pip)
