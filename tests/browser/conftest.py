"""A JupyterLab and a Chromium for the browser tests."""

import os
import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from axe import Axe
from hands import Hand, Keyboard, Mouse
from lab_server import LabServer, running_lab
from notebook_page import NotebookPage, new_page
from playwright.sync_api import BrowserContext, Page, sync_playwright
from playwright.sync_api import Error as PlaywrightError

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
NO_BROWSER = (
    "These tests drive a Chromium, and there is none. Debian: apt install chromium; Ubuntu: snap install chromium; "
    "anywhere: python -m playwright install chromium. Or name yours in the variable CHROMIUM."
)
CHROMIUM_FLAGS = (
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)


@pytest.fixture(scope="package")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LabServer]:
    """One server for all."""
    with running_lab(tmp_path_factory.mktemp("lab")) as server:
        yield server


# For this folder and not for the whole session: while Playwright runs, its event loop counts as running for every other
# test as well. Automatic, so that it comes first: without a browser no server is started.
@pytest.fixture(scope="package", autouse=True)
def browser() -> Iterator[BrowserContext]:
    """A Chromium without a window that reaches this machine and nothing else. Its pages share what they have loaded."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=_executable(playwright.chromium.executable_path),
            chromium_sandbox=False,
            args=list(CHROMIUM_FLAGS),
        )
        yield chromium.new_context(viewport={"width": 1280, "height": 800}, color_scheme="light")
        chromium.close()


@pytest.fixture(scope="package")
def axe(tmp_path_factory: pytest.TempPathFactory) -> Axe:
    """What looks for barriers on a page."""
    return Axe(tmp_path_factory.mktemp("axe"))


@pytest.fixture
def empty_page(browser: BrowserContext) -> Iterator[Page]:
    """A page without JupyterLab. A test may freeze its time, which is its context's: so it has one of its own."""
    assert browser.browser is not None
    page = browser.browser.new_page()
    yield page
    page.close()


@pytest.fixture
def notebook(browser: BrowserContext, lab: LabServer) -> Iterator[NotebookPage]:
    """A page for one test, with no notebook open yet."""
    with new_page(browser, lab) as page:
        yield page


@pytest.fixture(scope="module")
def opened(browser: BrowserContext, lab: LabServer, request: pytest.FixtureRequest) -> Iterator[NotebookPage]:
    """The notebook that the module names in ``NOTEBOOK``, opened and run to its bottom: once for all of its tests."""
    with new_page(browser, lab) as page:
        page.open(request.module.NOTEBOOK)
        page.run_all()
        yield page


@pytest.fixture(params=[Keyboard, Mouse], ids=["keyboard", "mouse"])
def hand(opened: NotebookPage, request: pytest.FixtureRequest) -> Hand:
    """The test runs twice: first by keyboard alone, from where *Run All* has left it, then by mouse."""
    made: Hand = request.param(opened.page)
    return made


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """Where a test fails, keep what the learner would have seen, and say where it is."""
    report = yield
    parts = getattr(item, "funcargs", {})
    if report.failed and report.when != "teardown" and {"lab", "browser"} <= parts.keys():
        for number, page in enumerate(parts["browser"].pages, 1):
            picture = parts["lab"].folder / f"{item.name}-{number}.png"
            with suppress(PlaywrightError):  # a browser that hangs must not take the whole run with it
                page.screenshot(path=picture)
                report.sections.append(("Screenshot", str(picture)))
    return report


def _executable(playwrights_own: str) -> str:
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, BROWSERS)), playwrights_own)
    if not Path(found).is_file():
        if os.environ.get("CI"):
            pytest.fail(NO_BROWSER)
        pytest.skip(NO_BROWSER)
    return found
