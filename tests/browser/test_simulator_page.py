"""The simulator's page in a real browser: live, by keyboard alone, narrow, dark, and with texts that mean it harm."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
import requests
from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Request, expect

from helpers.clock import Clock
from helpers.simulator import SimulatedNetwork
from helpers.simulator.server import Running, serve

KEYS = ("12345678", "practice-secret")
ANA = "12065550100"
OURS = "12065550199"
ATTACK = '<img src=x onerror="window.ran = true"><script>window.ran = true</script>'
BACKWARDS = "\u202etxet sdrawkcab"
ENDLESS = "W" * 1_500
MOST_TABS = 40

Send = Callable[..., str]

# Every control that can be reached needs a name, and nothing may be wider than the window.
NAMELESS = """() => [...document.querySelectorAll("button, input, select, textarea, [role=option], [tabindex='0']")]
    .filter(node => node.checkVisibility())
    .filter(node => !(node.ariaLabel || node.labels?.length || node.textContent.trim() || node.ariaLabelledByElements))
    .map(node => node.outerHTML)"""
TOO_WIDE = "() => document.documentElement.scrollWidth > document.documentElement.clientWidth"
# The contrast of every text with what is behind it (WCAG 2.2, success criterion 1.4.3), the worst ones.
FAINT = """() => {
    const pen = Object.assign(document.createElement("canvas"), {width: 1, height: 1})
        .getContext("2d", {willReadFrequently: true});
    const paint = (...colours) => {
        pen.clearRect(0, 0, 1, 1);
        for (const colour of colours) { pen.fillStyle = colour; pen.fillRect(0, 0, 1, 1); }
        return [...pen.getImageData(0, 0, 1, 1).data].slice(0, 3);
    };
    const light = rgb => rgb.map(part => part / 255)
        .map(part => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)
        .reduce((sum, part, place) => sum + part * [0.2126, 0.7152, 0.0722][place], 0);
    const behind = node => node ? [...behind(node.parentElement), getComputedStyle(node).backgroundColor] : ["white"];
    const faint = [];
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
        const text = texts.currentNode.data.trim();
        const node = texts.currentNode.parentElement;
        if (!text || !node.checkVisibility() || node.closest(".tf-unseen, .skip, option")) continue;
        const back = behind(node);
        const pair = [light(paint(...back)), light(paint(...back, getComputedStyle(node).color))].sort((a, b) => b - a);
        const contrast = (pair[0] + 0.05) / (pair[1] + 0.05);
        if (contrast < 4.5) faint.push(`${contrast.toFixed(2)} ${node.className} ${text.slice(0, 40)}`);
    }
    return faint;
}"""


@pytest.fixture
def clock() -> Clock:
    return Clock.standing_still()


@pytest.fixture
def network(clock: Clock) -> SimulatedNetwork:
    numbers = [OURS, "12065550198", "18885550123"]
    return SimulatedNetwork(clock=clock, access_key=KEYS[0], secret_key=KEYS[1], numbers=numbers, rate_limit=False)


@pytest.fixture
def simulator(network: SimulatedNetwork) -> Iterator[Running]:
    with serve(network) as running:
        yield running


@pytest.fixture
def send(simulator: Running) -> Send:
    """Send a text as any client would; returns its id."""

    def send(body: str = "Hello, Ana", *, to: str = ANA, **fields: object) -> str:
        wanted = {"to": to, "from": OURS, "body": body, **fields}
        answer = requests.post(f"{simulator.url}/v2.2/messages", json=wanted, auth=KEYS, timeout=30)
        assert answer.status_code == 202, answer.text
        return str(answer.json()["data"]["id"])

    return send


@pytest.fixture
def page(browser: BrowserContext, simulator: Running) -> Iterator[Page]:
    """The page, open and live. Whatever it asks of another host, and whatever it complains of, fails the test."""
    page = browser.new_page()
    complaints: list[str] = []

    def listen(message: ConsoleMessage) -> None:
        # A browser notes each answer that is an error, also where the page goes on to say it to whoever asked.
        if message.type in ("error", "warning") and not re.search("status of (404|422)", message.text):
            complaints.append(message.text)

    page.on("console", listen)
    page.on("pageerror", lambda error: complaints.append(str(error)))

    def watch(request: Request) -> None:
        if not request.url.startswith((f"{simulator.url}/", "data:")):
            complaints.append(f"a request to {request.url}")

    page.on("request", watch)
    page.goto(simulator.url)
    expect(page.locator("#connection")).to_have_text("Live")
    yield page
    page.close()
    assert complaints == []


def tab(page: Page, name: str) -> None:
    page.get_by_role("tab", name=name).click()
    expect(page.get_by_role("tabpanel", name=name)).to_be_visible()


def test_a_newcomer_is_told_what_to_do(page: Page, simulator: Running, send: Send) -> None:
    expect(page.get_by_role("heading", name="Nothing has been sent yet")).to_be_visible()
    expect(page.locator("#welcome-line")).to_contain_text(f"{simulator.url}/v2.1/messages")
    expect(page.locator("#welcome-line")).to_contain_text(f'"from":"{OURS}"')
    send()
    expect(page.get_by_role("heading", name="Nothing has been sent yet")).to_be_hidden()


def test_a_text_appears_without_a_reload_and_arrives_when_the_clock_is_turned(page: Page, send: Send) -> None:
    page.evaluate("window.stillTheSame = true")
    send("Your code is 123456.\n\n@bank.example #123456")
    row = page.get_by_role("listbox", name="Messages of this phone").get_by_role("option")
    expect(row).to_contain_text("Your code is 123456.")
    expect(row).to_contain_text("accepted")
    phone = page.get_by_role("log", name="Texts on this phone")
    expect(phone).to_be_hidden()
    expect(page.get_by_text("A text is on its way…")).to_be_visible()
    coming = page.locator(".timeline [data-coming=true]")
    expect(coming).to_have_count(4)
    expect(page.locator("#message")).to_contain_text("202 Accepted")
    expect(page.locator("#message")).to_contain_text("Basic ••••••••")

    page.get_by_role("button", name="+30 s").click()
    expect(phone.get_by_role("listitem")).to_contain_text("Your code is 123456")
    expect(phone.locator("[data-code]").first).to_have_text("123456")
    expect(page.get_by_text("A text is on its way…")).to_be_hidden()
    expect(row).to_contain_text("delivered 1004")
    expect(coming).to_have_count(0)
    expect(page.locator("#clock-time")).to_have_text("17:00:30")
    assert page.evaluate("window.stillTheSame")


def test_a_running_clock_brings_a_text_by_itself(page: Page, send: Send, clock: Clock) -> None:
    page.get_by_role("button", name="Run", exact=True).click()
    expect(page.get_by_role("button", name="Freeze")).to_be_visible()
    send("On its own")
    expect(page.get_by_role("log").get_by_role("listitem")).to_contain_text("On its own")


def test_the_whole_way_by_keyboard(page: Page, send: Send, network: SimulatedNetwork, clock: Clock) -> None:
    send("for Ana")
    send("for Ben", to="12065550101")
    clock.advance(seconds=2)
    phones = page.get_by_role("listbox", name="Phones").get_by_role("option")
    expect(phones).to_have_count(2)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the conversation")).to_be_focused()

    step_to(page, "[role=option]")
    focused = page.locator(":focus")
    first = focused.get_attribute("data-id")
    page.keyboard.press("ArrowDown")
    if focused.get_attribute("data-id") == first:
        page.keyboard.press("ArrowUp")
    other = focused.get_attribute("data-id")
    assert {first, other} == {ANA, "12065550101"}
    expect(focused).to_have_attribute("aria-selected", "true")
    expect(page.get_by_role("log")).to_contain_text("for Ana" if other == ANA else "for Ben")

    step_to(page, "#reply-body")
    page.keyboard.type("Typed by hand")
    page.keyboard.press("Enter")
    expect(page.get_by_role("log").locator(".tf-mine")).to_contain_text("Typed by hand")
    inbound = next(message for message in network.messages() if message.direction == "inbound")
    assert (inbound.sender, inbound.to, inbound.body) == (other, OURS, "Typed by hand")

    step_to(page, "[role=tab]")
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("tab", name="Requests")).to_be_focused()
    page.keyboard.press("End")
    expect(page.get_by_role("tabpanel", name="Settings")).to_be_visible()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("tabpanel", name="Messages")).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.get_by_role("listbox", name="Messages of this phone").locator(":focus")).to_have_count(1)


def step_to(page: Page, selector: str) -> None:
    """Press Tab until the focus is there, and see on every stop that it can be seen."""
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        focused = page.locator(":focus")
        outline = focused.evaluate("node => [getComputedStyle(node).outlineStyle, getComputedStyle(node).outlineWidth]")
        assert outline == ["solid", "2px"], focused.evaluate("node => node.outerHTML.slice(0, 200)")
        if focused.evaluate("(node, selector) => node.matches(selector)", selector):
            return
    raise AssertionError(f"Tab does not lead to {selector}")


def test_stop_is_obeyed_and_a_picture_is_sent(page: Page, send: Send, clock: Clock, network: SimulatedNetwork) -> None:
    send()
    clock.advance(seconds=2)
    page.get_by_label("Reply as this phone").fill("STOP")
    page.get_by_role("button", name="Send").click()
    phone = page.get_by_role("log")
    expect(phone).to_contain_text("You have opted out")
    answer = (
        page.get_by_role("listbox", name="Messages of this phone").get_by_role("option").filter(has_text="You have")
    )
    answer.click()
    expect(page.locator("#message")).to_contain_text("the network itself, in no account's records")
    expect(page.locator("#message")).to_contain_text("The network's own answer gets no receipt.")
    expect(page.locator("#message")).not_to_contain_text("Cost")
    page.get_by_text("Add a picture").click()
    page.get_by_label("Its address").fill("https://media.example/cat.jpg")
    page.get_by_role("button", name="Send").click()
    expect(phone.locator(".tf-media")).to_have_text("cat.jpg")


def test_a_phone_that_got_nothing_yet_can_text(page: Page, network: SimulatedNetwork) -> None:
    field = page.get_by_label("Open another phone")
    field.fill("nonsense")
    field.press("Enter")
    expect(page.locator("#toast")).to_contain_text("Write it like 206-555-0100")
    field.fill("(206) 555-0105")
    field.press("Enter")
    expect(page.get_by_label("Reply as this phone")).to_be_focused()
    page.get_by_label("to", exact=True).select_option("12065550198")
    page.keyboard.type("x")
    page.get_by_label("Reply as this phone").fill("Hello there")
    page.get_by_label("Reply as this phone").press("Enter")
    expect(page.get_by_role("log")).to_contain_text("Hello there")
    assert [(message.sender, message.to) for message in network.messages()] == [("12065550105", "12065550198")]


def test_a_phone_answers_the_number_that_texted_it_and_a_new_one_the_first(
    page: Page, send: Send, clock: Clock
) -> None:
    """Or a STOP, typed in a hurry, would go to the number that another phone talked to."""
    send(**{"from": "12065550198"})
    clock.advance(seconds=2)
    to = page.get_by_label("to", exact=True)
    expect(to).to_have_value("12065550198")
    field = page.get_by_label("Open another phone")
    field.fill("(206) 555-0105")
    field.press("Enter")
    expect(to).to_have_value(OURS)


def test_hostile_texts_are_shown_and_never_run(page: Page, send: Send, clock: Clock, network: SimulatedNetwork) -> None:
    for body in (BACKWARDS, ENDLESS, ATTACK):
        send(body)
    network.receive(from_=ANA, to=OURS, body=ATTACK)
    network.receive(
        from_=ANA, to=OURS, body="", media_urls=["https://media.example/%3Cimg%20src=x%20onerror=alert(1)%3E"]
    )
    clock.advance(seconds=2)
    phone = page.get_by_role("log")
    expect(phone.get_by_role("listitem")).to_have_count(5)
    expect(phone).to_contain_text(ATTACK)
    expect(phone).to_contain_text(BACKWARDS)
    for width in (360, 1440):
        page.set_viewport_size({"width": width, "height": 800})
        options = page.get_by_role("listbox", name="Messages of this phone").get_by_role("option")
        for place in range(5):
            options.nth(place).click()
            assert not page.evaluate(TOO_WIDE), (width, place)
        tab(page, "Requests")
        expect(page.get_by_role("listbox", name="Requests").get_by_role("option")).to_have_count(3)
        assert not page.evaluate(TOO_WIDE)
        tab(page, "Messages")
    assert page.evaluate("window.ran") is None
    assert page.locator("img").count() == 0


def test_five_hundred_texts(page: Page, network: SimulatedNetwork, clock: Clock) -> None:
    for number in range(499):
        network.receive(from_=ANA, to=OURS, body=f"Text {number}")
    network.receive(from_="12065550101", to=OURS, body="Another phone")
    expect(page.get_by_role("listbox", name="Phones").get_by_role("option")).to_have_count(2)
    page.get_by_role("option", name="(206) 555-0100").click()
    expect(page.get_by_role("log").get_by_role("listitem")).to_have_count(499)
    expect(page.get_by_role("log").get_by_text("Text 498")).to_be_in_viewport()
    assert not page.evaluate(TOO_WIDE)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 820, 1440])
def test_it_fits_and_can_be_read(
    page: Page, send: Send, network: SimulatedNetwork, clock: Clock, scheme: str, width: int
) -> None:
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    page.set_viewport_size({"width": width, "height": 800})
    assert page.evaluate(FAINT) == []
    send(to="12065550116", dlr_callback="http://127.0.0.1:1/receipts")
    send()
    clock.advance(seconds=1)
    network.receive(from_=ANA, to=OURS, body="Thanks")
    clock.advance(seconds=1)
    send("Not there yet")
    expect(page.get_by_role("listbox", name="Phones").get_by_role("option")).to_have_count(2)
    backgrounds = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    assert backgrounds == ("rgb(17, 19, 24)" if scheme == "dark" else "rgb(244, 245, 248)")
    requests.post(f"{page.url}_simulator/faults", json={"kind": "error-503", "path": "/v2.1"}, timeout=30)
    for name in ("Messages", "Requests", "Faults", "Magic numbers", "Settings"):
        tab(page, name)
        assert not page.evaluate(TOO_WIDE), name
        assert page.evaluate(NAMELESS) == []
        assert page.evaluate(FAINT) == [], name
    tab(page, "Messages")
    for phone in (0, 1):
        page.get_by_role("listbox", name="Phones").get_by_role("option").nth(phone).click()
        expect(page.locator("#message .tf-answer")).to_contain_text("202")
        assert page.evaluate(FAINT) == []


def test_less_motion_for_those_who_ask_for_it(page: Page, send: Send, clock: Clock) -> None:
    page.emulate_media(reduced_motion="reduce")
    send()
    expect(page.get_by_role("listbox", name="Phones").get_by_role("option")).to_have_count(1)
    clock.advance(seconds=2)
    bubble = page.locator(".tf-new .tf-text")
    expect(bubble).to_be_visible()
    assert bubble.evaluate("node => getComputedStyle(node).animationName") == "none"


def test_receipts_by_hand_and_callbacks(page: Page, send: Send, network: SimulatedNetwork, clock: Clock) -> None:
    tab(page, "Settings")
    page.get_by_label("Receipts come").select_option("manual")
    expect(page.locator("#toast")).to_have_text("Changed.")
    assert network.receipts == "manual"
    tab(page, "Messages")
    send(dlr_callback="http://127.0.0.1:1/receipts")  # nobody listens there
    expect(page.locator(".timeline li")).to_have_count(1)
    page.get_by_label("Receipt", exact=True).select_option("failed 1150")
    page.get_by_role("button", name="Add this receipt").click()
    expect(page.locator(".timeline")).to_contain_text("Spam")
    expect(page.locator(".attempts")).to_contain_text("no answer")
    expect(page.locator(".attempts")).to_contain_text("http://127.0.0.1:1/receipts")


def test_a_fault_is_ordered_strikes_and_is_gone(page: Page, simulator: Running) -> None:
    tab(page, "Faults")
    page.get_by_label("What", exact=True).select_option("error-503")
    expect(page.get_by_text("Nothing is carried out; the answer is 503.")).to_be_visible()
    expect(page.get_by_label("Seconds late")).to_be_hidden()
    page.get_by_label("Path begins with").fill("/v2.1")
    page.get_by_role("button", name="Order this fault").click()
    expect(page.locator("#faults")).to_contain_text("1 more request · every method, /v2.1 · has struck 0")
    expect(page.locator("#fault-count")).to_have_text("1")
    fields = {"to": ANA, "from": OURS, "body": "x"}
    answer = requests.post(f"{simulator.url}/v2.1/messages", json=fields, auth=KEYS, timeout=30)
    assert answer.status_code == 503
    expect(page.locator("#faults")).not_to_contain_text("error-503")
    tab(page, "Requests")
    row = page.get_by_role("listbox", name="Requests").get_by_role("option")
    expect(row).to_contain_text("503")
    expect(row).to_contain_text("error-503")
    expect(page.locator("#request")).to_contain_text("503 Service Unavailable")


def test_what_is_wrong_is_said(page: Page) -> None:
    tab(page, "Faults")
    page.get_by_label("What", exact=True).select_option("error-503")
    page.get_by_label("Path begins with").fill("no path")
    page.get_by_role("button", name="Order this fault").click()
    expect(page.locator("#toast")).to_contain_text("path: Give the beginning of a path")


def test_numbers_and_magic_numbers(page: Page, send: Send, network: SimulatedNetwork) -> None:
    tab(page, "Magic numbers")
    expect(page.locator("#magic")).to_contain_text("receipt 1116")
    key = page.get_by_role("button", name="Copy 12065550116")
    key.click()
    expect(page.locator("#toast")).to_contain_text(re.compile("Copied|Selected"))
    tab(page, "Settings")
    page.get_by_label("Registration of (206) 555-0199").select_option("pending")
    expect(page.locator("#toast")).to_have_text("Changed.")
    owned = network.owner_of(OURS)
    assert owned is not None
    assert owned[1].registration == "pending"


def test_a_reset_is_asked_for_twice(page: Page, send: Send, network: SimulatedNetwork) -> None:
    send()
    tab(page, "Settings")
    reset = page.locator("#reset")
    reset.click()
    expect(reset).to_contain_text("Press again")
    assert len(network.messages()) == 1
    reset.click()
    tab(page, "Messages")
    expect(page.get_by_role("heading", name="Nothing has been sent yet")).to_be_visible()
    assert network.messages() == []


def test_the_clock_turned_by_hand_and_back(page: Page, clock: Clock) -> None:
    page.get_by_label("How far to turn the clock").fill("2")
    page.get_by_label("Unit").select_option("days")
    page.get_by_role("button", name="Turn").click()
    expect(page.locator("#clock-date")).to_have_text("Wed, 4 Mar 2026")
    expect(page.locator("#clock-state")).to_have_text("frozen")
    page.get_by_role("button", name="Real time").click()
    expect(page.locator("#clock-state")).to_have_text("real time")
    assert clock.running


def test_it_finds_a_simulator_that_was_started_again(
    browser: BrowserContext, network: SimulatedNetwork, clock: Clock
) -> None:
    page = browser.new_page()
    with serve(network) as first:
        page.goto(first.url)
        expect(page.locator("#connection")).to_have_text("Live")
        network.receive(from_=ANA, to=OURS, body="Before")
        expect(page.get_by_role("log")).to_contain_text("Before")
    expect(page.locator("#connection")).to_contain_text("trying again")
    again = SimulatedNetwork(clock=clock, access_key=KEYS[0], secret_key=KEYS[1], numbers=[OURS])
    again.receive(from_="12065550101", to=OURS, body="After")
    with serve(again, port=first.port):
        expect(page.locator("#connection")).to_have_text("Live", timeout=15_000)
        expect(page.get_by_role("log")).to_contain_text("After")
        expect(page.get_by_role("listbox", name="Phones").get_by_role("option")).to_have_count(1)
    page.close()
