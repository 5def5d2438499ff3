"""How quickly a form answers, beside a bare ipywidgets button that sets a label: ``make bench-forms``.

Each form of practice mode does its real work, in the real JupyterLab and a Chromium without a window. A click is a
real one, and the clock that times it is the page's own: from the click to the first frame in which the answer stands.
The forms and the bare button take turns, so that a busy moment of the machine hits all of them.

Signing in stands apart: most of its time is argon2's, which is slow on purpose. A hash alone is measured as well.
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import surroundings
from argon2 import PasswordHasher
from playwright.sync_api import BrowserContext, Page, sync_playwright

HOME = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(HOME / "tests" / "browser"))

from every_form import write_notebook  # noqa: E402
from lab_server import LabServer, running_lab  # noqa: E402
from notebook_page import NotebookPage  # noqa: E402

TARGET_MS = 150
"""What the 95th percentile of a form may be over the bare button's."""
FORMS = """
import tempfile
from pathlib import Path

import ipywidgets
from helpers import Settings
from helpers.forms import *
from helpers.forms.sample_app import CUSTOMER, HOME, PASSWORD
from helpers.settings import save_env

settings = Settings.for_notebook("bench").for_practice()
bank_settings, shop_settings = settings.for_form("bank"), settings.for_form("shop")
bank = open_bank(bank_settings)


def session():
    return signed_in


def come_in():
    bank_settings.clock.advance(hours=1)
    pending = bank.send_code(bank.check_password(CUSTOMER, PASSWORD, client=HOME), client=HOME)
    bank_settings.clock.advance(seconds=2)
    return bank.sign_in(pending, bank_settings.code_from_phone(), client=HOME)


signed_in = come_in()
app = SampleApp(bank_settings, bank)
shop = NumberShop(shop_settings, register=lambda number: None)
for _step in "123":
    shop.current.press()
env = Path(tempfile.mkdtemp()) / ".env"


def a_day_later(model):
    # Or the limits that protect a phone refuse all but the first texts.
    act = model.act

    def later(action, values):
        bank_settings.clock.advance(days=1)
        return act(action, values)

    model.act = later


a_day_later(app.sign_in.model)
button, label = ipywidgets.Button(description="Bare"), ipywidgets.Label("0")
button.on_click(lambda _button: setattr(label, "value", str(int(label.value) + 1)))
label.add_class("bare-label")
forms = [
    app.sign_in,
    phone_number_form(title="Phone number"),
    try_it_form(settings.for_form("try"))[0],
    credentials_form(save=lambda typed: save_env(typed, path=env), variables=dict, new_code_key=lambda: "00" * 32),
    shop.steps.children[3],
    authenticator_app_form(bank, session, client=HOME),
    recovery_codes_form(bank, session, client=HOME),
]
ipywidgets.VBox([button, label, *forms])
"""
STOPWATCH = """([box, button, isForm]) => {
    window.times = [];
    let began = null;
    button.addEventListener("click", event => { began = event.timeStamp; }, true);
    const watch = new MutationObserver(() => {
        if (began === null || (isForm && ["working", "idle"].includes(box.dataset.state))) return;
        const start = began;
        began = null;
        requestAnimationFrame(() => requestAnimationFrame(() => window.times.push(performance.now() - start)));
    });
    const any = { childList: true, characterData: true, subtree: true };
    watch.observe(box, isForm ? { attributeFilter: ["data-state"] } : any);
    return () => watch.disconnect();
}"""


@dataclass(frozen=True)
class Target:
    """What is clicked, and what has to stand in its fields first."""

    title: str
    button: str
    fields: tuple[tuple[str, str], ...] = ()


TARGETS = (
    Target("Phone number", "Check", (("Phone number", "206-555-0142"),)),
    Target("Try it out", "Try it!", ()),
    Target("Your .env", "Save to .env", (("Access Key", "12345678"),)),
    Target("4 · Your new number", "Register the number"),
    Target("Authenticator app", "Check the code", (("Code of the app", "12345"),)),
    Target("Recovery codes", "Make ten codes"),
    Target("Sign in", "Sign in", (("User name", "ana"), ("Password", "correct horse battery staple"))),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--clicks", type=int, default=50, help="for each form (default: %(default)s)")
    clicks = parser.parse_args().clicks
    print(f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        surroundings.enter(Path(folder) / "kernels")
        browser = playwright.chromium.launch(executable_path=chromium(), chromium_sandbox=False, args=["--disable-gpu"])
        page = browser.new_context(viewport={"width": 1280, "height": 4000})
        (Path(folder) / "lab").mkdir()
        with measured("make lab's command to the first code on the phone, hands off"):
            server = running_lab(Path(folder) / "lab")
            lab = server.__enter__()
            first_code(page, lab)
        try:
            compare(page, lab, clicks)
        finally:
            server.__exit__(None, None, None)
        browser.close()


@contextmanager
def measured(what: str) -> Iterator[None]:
    began = time.monotonic()
    yield
    print(f"{what}: {time.monotonic() - began:.1f} s", flush=True)


def chromium() -> str | None:
    """Yours, the machine's, or Playwright's own."""
    return os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")


def first_code(context: BrowserContext, lab: LabServer) -> None:
    """The browser opens where ``make lab`` leads, all cells run, and the self-driving copy is texted a code."""
    page = context.new_page()
    notebook = NotebookPage(page, lab)
    notebook.open_as_make_lab_does()
    notebook.menu("Run", "runmenu:run-all")
    page.locator("[data-code]").first.wait_for(timeout=60_000)
    page.close()
    lab.close_everything()


def compare(context: BrowserContext, lab: LabServer, clicks: int) -> None:
    write_notebook(lab.folder / "course" / "notebooks" / "bench.ipynb", FORMS)
    page = context.new_page()
    notebook = NotebookPage(page, lab)
    notebook.open("bench.ipynb")
    notebook.run_all()
    print(f"\n{clicks} clicks each, ms from the click to the frame with the answer; the bare button takes turns")
    print(f"{'form':26} {'median':>7} {'p95':>7}   {'bare':>7} {'p95':>7}   {'over, p95':>9} {'ratio':>6}")
    for target in TARGETS:
        forms, bare = turns(notebook, target, clicks)
        over = p95(forms) - p95(bare)
        apart = "  (argon2 is most of it)" if target.title == "Sign in" else "" if over <= TARGET_MS else "  TOO SLOW"
        print(
            f"{target.title:26} {statistics.median(forms):7.0f} {p95(forms):7.0f}   {statistics.median(bare):7.0f} "
            f"{p95(bare):7.0f}   {over:9.0f} {p95(forms) / p95(bare):6.1f}{apart}",
            flush=True,
        )
    page.close()
    hashing = argon2_ms()
    print(f"\nOf signing in, one argon2 hash with its own parameters is {hashing:.0f} ms (median of 9), on purpose.")


def argon2_ms() -> float:
    hasher, times = PasswordHasher(), []
    kept = hasher.hash("correct horse battery staple")
    for _ in range(9):
        began = time.perf_counter()
        hasher.verify(kept, "correct horse battery staple")
        times.append((time.perf_counter() - began) * 1000)
    return statistics.median(times)


def turns(notebook: NotebookPage, target: Target, clicks: int) -> tuple[list[float], list[float]]:
    """The form and the bare button, one click each in turn."""
    page, form = notebook.page, notebook.form(target.title)
    forms, bare = [], []
    for _ in range(clicks):
        for label, text in target.fields:
            form.type(label, text)
        forms.append(one_click(page, form.root, form.button(target.button), is_form=True))
        bare.append(
            one_click(page, page.locator(".bare-label"), page.get_by_role("button", name="Bare"), is_form=False)
        )
    return forms, bare


def one_click(page: Page, box: object, button: object, *, is_form: bool) -> float:
    box_handle, button_handle = box.element_handle(), button.element_handle()  # type: ignore[attr-defined]
    page.evaluate(STOPWATCH, [box_handle, button_handle, is_form])
    button_handle.click()
    page.wait_for_function("window.times.length > 0", timeout=10_000)
    return float(page.evaluate("window.times[0]"))


def p95(times: list[float]) -> float:
    return statistics.quantiles(times, n=20)[-1] if len(times) > 1 else times[0]


if __name__ == "__main__":
    main()
