"""What may not stand in any file of the project: machines, package registries, and phone numbers of people."""

import re
from pathlib import Path

import pytest
from project_files import ROOT, tracked_files

REGISTRY_HOST = re.compile(r"\b(?:pypi|pythonhosted|npmjs|anaconda|debian)\.(?:org|com)\b")
MACHINE_PATH = re.compile(r"(?<![\w.~/-])/(?:work|farm|root|tmp)\b")
PHONE_NUMBER = re.compile(
    r"\+\d{8,15}\b"
    r"|(?<![\w.#+-])1[2-9]\d{2}[2-9]\d{6}(?!\w)"
    r"|(?<![\w.])\(?[2-9]\d{2}\)?[ .-]\d{3}[ .-]\d{4}(?!\w)"
)
RESERVED_FOR_FICTION = re.compile(r"1?[2-9]\d{2}55501\d\d")
OTHER_NUMBERS = {
    "442079460018": "Ofcom's range for drama, 020 7946 0000 to 0999",
    "2065550200": "just outside the reserved range: must be masked; 555 numbers belong to nobody",
    "2065551110": "the same, with 1110 in it, which is a code of Flowroute's",
    "2065552368": "the telephone company's own fictional number, outside the reserved range: must be masked",
    "2061550100": "cannot exist: no number goes on with 1",
    "2060550100": "cannot exist: no number goes on with 0",
    "9005559876": "premium rate, outside the reserved range",
    "8765559876": "Jamaica, outside the reserved range",
    "9002345678": "premium rate; 234-5678 is the example of the numbering plan",
    "8002345678": "toll-free, the same",
    "5002345678": "personal, the same",
    "2423590100": "the Bahamas: the library's own example of a mobile phone there",
}


@pytest.fixture(scope="module")
def texts() -> dict[Path, str]:
    """Every tracked file, by its path in the project. The pinned list holds names and hashes, checked elsewhere."""
    files = {
        file.relative_to(ROOT): file.read_text(encoding="utf-8") for file in tracked_files() if file.suffix != ".png"
    }
    del files[Path("requirements.txt")]
    return files


@pytest.mark.parametrize("pattern", [REGISTRY_HOST, MACHINE_PATH], ids=["registries", "machines"])
def test_no_file_names(pattern: re.Pattern[str], texts: dict[Path, str]) -> None:
    assert {str(file): found for file, text in texts.items() if (found := pattern.findall(text))} == {}


def test_phone_numbers_are_made_up(texts: dict[Path, str]) -> None:
    found = {(str(file), match[0]) for file, text in texts.items() for match in PHONE_NUMBER.finditer(text)}
    assert {(file, number) for file, number in found if not made_up(number)} == set()


def made_up(number: str) -> bool:
    digits = re.sub(r"\D", "", number)
    return bool(RESERVED_FOR_FICTION.fullmatch(digits)) or digits in OTHER_NUMBERS or digits[1:] in OTHER_NUMBERS


@pytest.mark.parametrize("form", ["+1206{}1234", "1206{}1234", "(206) {}-1234", "206.{}.1234"])
def test_a_number_of_somebody_is_noticed(form: str) -> None:
    number = form.format("322")  # put together here: it may not stand in this file either
    written = PHONE_NUMBER.search(f'call "{number}" now')
    assert written
    assert not made_up(written[0])
