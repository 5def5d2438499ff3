"""One list of what the course needs: pyproject.toml. The pinned list and the conda file say the same."""

import re
import tomllib

import pytest
import rattler
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from project_files import ROOT, git

PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PROJECT = PYPROJECT["project"]
CONDA = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
WANTED = [Requirement(line) for line in (*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["dev"])]
PINNED_LIST = (ROOT / "requirements.txt").read_text(encoding="utf-8").replace("\\\n", "")
PINS = [line.split(" --hash=") for line in PINNED_LIST.splitlines() if line.strip() and not line.startswith("#")]


def test_every_line_of_the_pinned_list_is_one_version_with_hashes() -> None:
    for requirement, *hashes in PINS:
        pin = Requirement(requirement.strip())  # an option, an address or a path is no requirement
        assert [version.operator for version in pin.specifier] == ["=="]
        assert pin.url is None
        assert hashes
        assert all(re.fullmatch(r"sha256:[0-9a-f]{64}\s*", text) for text in hashes), requirement


@pytest.mark.parametrize("wanted", WANTED, ids=lambda wanted: wanted.name)
def test_pins_are_what_pyproject_asks_for(wanted: Requirement) -> None:
    pins = [Requirement(requirement.strip()) for requirement, *_ in PINS]
    versions = [
        next(iter(pin.specifier)).version
        for pin in pins
        if canonicalize_name(pin.name) == canonicalize_name(wanted.name)
    ]
    assert versions, f"{wanted.name} is not pinned. Run: make lock"
    assert all(version in wanted.specifier for version in versions), f"{wanted} and {versions}. Run: make lock"


def test_pyproject_gives_ranges() -> None:
    for wanted in WANTED:
        assert ">=" in str(wanted.specifier), wanted
        assert "==" not in str(wanted.specifier), wanted


def test_conda_makes_the_environment_that_readme_names() -> None:
    assert CONDA["name"] == "sms-two-factor"
    assert CONDA["channels"] == ["conda-forge"]


def test_conda_brings_a_python_that_the_course_allows_and_pip() -> None:
    specs = {
        spec.name.normalized: spec
        for line in CONDA["dependencies"]
        if isinstance(line, str)
        for spec in [rattler.MatchSpec(line, strict=True)]
    }
    assert set(specs) == {"python", "pip"}
    # Binder takes an old Python unless one is named.
    stated = re.fullmatch(r"(3\.\d+)\.\*", str(specs["python"].version))
    assert stated
    assert f"{stated[1]}.0" in SpecifierSet(PROJECT["requires-python"])


def test_conda_leaves_the_packages_to_pyproject() -> None:
    """Binder does not install pyproject.toml by itself; ``-e .[dev]`` makes pip read the very same ranges."""
    (pip,) = [line["pip"] for line in CONDA["dependencies"] if isinstance(line, dict)]
    (line,) = pip
    editable = Requirement(line.replace("-e .", PROJECT["name"], 1))
    assert line.startswith("-e .")
    assert editable.name == PROJECT["name"]
    assert editable.extras == {"dev"} <= set(PROJECT["optional-dependencies"])


def test_the_packages_are_those_on_disk() -> None:
    on_disk = {".".join(file.parent.relative_to(ROOT).parts) for file in (ROOT / "helpers").rglob("__init__.py")}
    assert set(PYPROJECT["tool"]["setuptools"]["packages"]) == on_disk


def test_files_that_are_no_python_come_along() -> None:
    """Of a package itself, or of a folder in it that is none (``page/``)."""
    data = PYPROJECT["tool"]["setuptools"]["package-data"]
    wanted = {
        file
        for package, patterns in data.items()
        for pattern in patterns
        for file in (ROOT / package.replace(".", "/")).glob(pattern)
    }
    files = {file for file in (ROOT / "helpers").rglob("*") if file.is_file() and file.suffix not in (".py", ".pyc")}
    assert files - wanted == set()
    assert files


@pytest.mark.parametrize("name", [".env", ".env.live", ".course/course.sqlite", ".course/practice-code-key", ".venv/x"])
def test_git_ignores_what_is_yours(name: str) -> None:
    assert git("check-ignore", "--no-index", "--quiet", name).returncode == 0


def test_git_keeps_the_example() -> None:
    assert git("check-ignore", "--no-index", "--quiet", ".env.example").returncode == 1
