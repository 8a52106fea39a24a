"""The review desk in a real browser: Debian's chromium, the real service over a real socket, wide and at 390 px."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from data.case import Event, Promise
from data.record import plain
from data.simulator.live import live_cases
from data.vocabulary import Role, Task
from models.bundle import publish
from tests.fixtures.bundles import a_bundle
from tests.fixtures.desk import HOSTILE
from tests.fixtures.dossiers import a_dossier, measured, noted, send
from tests.fixtures.recommendations import case as recommended_case
from tests.fixtures.service import NOON, Desk, costly, open_desk
from tests.fixtures.task_models import task_model

CHROMIUM = Path("/usr/bin/chromium")
WIDE, NARROW = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
MUST_RUN = os.environ.get("CI") == "true"

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(
        not CHROMIUM.exists() and not MUST_RUN,
        reason="/usr/bin/chromium is absent: apt-get install chromium to test the desk in a browser",
    ),
]


@dataclass
class Site:
    """The desk over a socket."""

    desk: Desk
    address: str


@dataclass
class Window:
    """A browser's page that remembers what went wrong in it."""

    page: Any
    site: Site
    faults: list[str] = field(default_factory=list)

    def open(self, path: str) -> None:
        self.page.goto(self.site.address + path)

    def sign_in(self, name: str = "reviewer-1") -> None:
        self.open("/console")
        self.page.fill("#key", self.site.desk.keys[name])
        self.page.click("text=Sign in")
        self.page.wait_for_selector("#queue")

    def resize(self, size: dict[str, int]) -> None:
        self.page.set_viewport_size(size)

    def heard(self, said: Any) -> None:
        if said.type in ("error", "warning"):
            self.faults.append(said.text)

    def interrupted(self, dialog: Any) -> None:
        self.faults.append(f"dialog {dialog.message}")
        dialog.dismiss()

    def asked(self, request: Any) -> None:
        if not request.url.startswith(self.site.address):
            self.faults.append(f"another host: {request.url}")

    def focused(self) -> str:
        found: str = self.page.evaluate("document.activeElement.id")
        return found

    def overflow(self) -> int:
        """How many pixels the page is wider than the window."""
        wide: int = self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        return wide


@contextmanager
def served(desk: Desk) -> Iterator[Site]:
    """The desk on a port of its own."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(desk.client.app, log_level="error", lifespan="off"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    while not server.started:
        time.sleep(0.02)
    yield Site(desk, f"http://127.0.0.1:{listener.getsockname()[1]}")
    server.should_exit = True
    thread.join()
    desk.service.close()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A desk with simulated cases, one of them hostile, answered by rules."""
    desk = open_desk(tmp_path_factory.mktemp("desk") / "var")
    desk.add("fina", Role.STORE_FINANCE)
    for case in live_cases(7, 30, NOON):
        desk.recommend(plain(case))
    desk.recommend(costly(1, exception="hostile", message=HOSTILE, attributes={"note": HOSTILE}))
    for number in range(2, 9):
        desk.recommend(costly(number, promise={"due_at": (NOON + timedelta(minutes=10 * number)).isoformat()}))
    with served(desk) as site:
        yield site


@pytest.fixture(scope="module")
def explained(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A desk whose cases are answered by models, so that predictions are drawn."""
    folder = tmp_path_factory.mktemp("explained")
    publish(folder / "bundle", {task: task_model(task) for task in Task}, created_at=NOON)
    desk = open_desk(folder / "var", bundle=folder / "bundle")
    event, promise = Event(source="oms", id="1", time=NOON), Promise(due_at=NOON + timedelta(minutes=42))
    desk.recommend(plain(recommended_case(event=event, promise=promise, message=HOSTILE)))
    with served(desk) as site:
        yield site


@pytest.fixture(scope="module")
def promoting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A desk where a challenger waits for somebody to agree, its reason hostile."""
    folder = tmp_path_factory.mktemp("promoting")
    desk = open_desk(folder / "var", bundle=a_bundle(folder / "bundle", seed=1))
    challenger = send(desk, a_bundle(folder / "challenger", seed=2))
    champion = desk.get("/v1/models").json()["bundle"]
    dossier = a_dossier(challenger, champion, checks=tuple(noted(HOSTILE)), **measured())
    asked = desk.post("/v1/models/promotions", {"dossier": plain(dossier), "reason": HOSTILE}, "scientist")
    assert asked.status_code == 200, asked.text
    with served(desk) as site:
        yield site


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Chromium; its own download is not used."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        yield opened
        opened.close()


@contextmanager
def opened(browser: Any, site: Site) -> Iterator[Window]:
    """A fresh browser context; a message of the browser, a dialog or another host's request fails the test."""
    context = browser.new_context(viewport=WIDE)
    window = Window(context.new_page(), site)
    window.page.on("console", window.heard)
    window.page.on("pageerror", lambda error: window.faults.append(str(error)))
    window.page.on("dialog", window.interrupted)
    window.page.on("request", window.asked)
    yield window
    context.close()
    assert window.faults == []


@pytest.fixture
def window(site: Site, browser: Any) -> Iterator[Window]:
    """A window on the desk that rules answer."""
    with opened(browser, site) as window:
        yield window


@pytest.fixture
def explaining(explained: Site, browser: Any) -> Iterator[Window]:
    """A window on the desk that models answer."""
    with opened(browser, explained) as window:
        yield window


@pytest.fixture
def owning(promoting: Site, browser: Any) -> Iterator[Window]:
    """A window of the model owner on the desk where a challenger waits."""
    with opened(browser, promoting) as window:
        window.open("/console")
        window.page.fill("#key", promoting.desk.keys["model-owner"])
        window.page.click("text=Sign in")
        window.page.wait_for_url("**/console/models")
        yield window


def hostile_case(site: Site) -> str:
    items = site.desk.service.recommendations.queue().items
    return next(f"/console/cases/{each.recommendation_id}" for each in items if each.exception_id == "hostile")


def test_a_working_day_by_keyboard(window: Window) -> None:
    """Sign in, walk the queue with j and k, open a case, approve it, go to the next, override it."""
    page = window.page
    window.sign_in()
    links = page.locator(".row-link")
    first, second = (links.nth(number).get_attribute("id") for number in (0, 1))
    page.keyboard.press("j")
    assert window.focused() == first
    page.keyboard.press("j")
    assert window.focused() == second
    page.keyboard.press("k")
    page.keyboard.press("Enter")
    page.wait_for_selector("h1")
    page.keyboard.press("a")
    assert page.evaluate("document.activeElement.closest('details').id") == "approve"
    page.keyboard.press("Enter")
    page.wait_for_selector(".banner.good")
    assert "You approved" in page.inner_text(".banner.good")
    assert page.locator("#approve").count() == 0

    page.keyboard.press("n")
    page.wait_for_selector("#override")
    page.keyboard.press("o")
    page.keyboard.press("Space")
    assert page.locator("#override input[type=radio]:checked").count() == 1
    page.select_option("#override-reason", "customer_asked")
    page.fill("#override-comment", "a key such as r in a comment opens nothing: rrr ooo ???")
    assert page.locator("dialog[open]").count() == 0
    page.click("#override button[type=submit]")
    page.wait_for_selector(".banner.good")
    assert "You overrode" in page.inner_text(".banner.good")
    page.keyboard.press("q")
    page.wait_for_selector("#queue")


def test_only_the_chosen_action_s_fields_are_shown(window: Window) -> None:
    page = window.page
    window.sign_in()
    window.open(hostile_case(window.site))
    page.click("#override > summary")
    page.click("#override .more > summary")
    assert page.locator(".choice-fields:visible").count() == 0
    for choice in page.locator(".choice:has(.choice-fields) input[type=radio]").all():
        choice.check()
        assert page.locator(".choice-fields:visible").count() == 1


def test_help_opens_and_closes(window: Window) -> None:
    window.sign_in()
    window.page.keyboard.press("?")
    assert window.page.locator("dialog[open] kbd").count() > 5
    window.page.keyboard.press("Escape")
    assert window.page.locator("dialog[open]").count() == 0


def test_letters_that_are_turned_off_stay_off_in_this_browser_until_turned_on(window: Window) -> None:
    """WCAG 2.2, 2.1.4: whoever speaks to the browser must not decide by a word's letters."""
    page = window.page
    window.sign_in()
    page.keyboard.press("?")
    page.get_by_label("are keys of this desk").uncheck()
    page.keyboard.press("Escape")
    for _ in range(2):
        assert page.locator(".keys-open kbd").is_hidden()
        for key in "jkn?":
            page.keyboard.press(key)
        assert (window.focused(), page.locator("dialog[open]").count()) in (("", 0), ("main", 0))
        page.reload()
    page.click(".keys-open")
    page.get_by_label("are keys of this desk").check()
    page.keyboard.press("Escape")
    page.reload()
    page.keyboard.press("j")
    assert window.focused().startswith("open-")


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["1440", "390"])
def test_the_keys_and_the_roles_are_reached_without_a_mouse(window: Window, size: dict[str, int]) -> None:
    page = window.page
    window.resize(size)
    window.sign_in()
    page.focus(".keys-open")
    page.keyboard.press("Enter")
    assert page.get_by_label("are keys of this desk").is_visible()
    page.keyboard.press("Escape")
    page.focus(".roles summary")
    page.keyboard.press("Enter")
    assert "store finance" in page.locator(".roles ul").inner_text()
    assert (window.overflow(), page.evaluate(READABLE)) == (0, [])


def test_the_queue_refreshes_without_stealing_the_focus(window: Window) -> None:
    page = window.page
    window.sign_in()
    page.keyboard.press("j")
    page.keyboard.press("j")
    focused = window.focused()
    window.site.desk.recommend(costly(900) | {"order": {"order_id": "o-900", "value": "99000.00"}})
    with page.expect_response(lambda response: response.url.endswith("/console")):
        page.evaluate("htmx.trigger('#queue', 'every')")
    page.wait_for_selector("text=EUR 99,000.00")
    assert window.focused() == focused
    assert page.locator("#queue-list").count() == 1


def test_a_failed_refresh_is_said_and_keeps_the_list(window: Window) -> None:
    page = window.page
    window.sign_in()
    rows = page.locator(".row-link").count()
    page.route("**/console", lambda route: route.fulfill(status=503, body="<p>down</p>"))
    page.evaluate("htmx.trigger('#queue', 'every')")
    page.wait_for_selector(".lost:visible")
    assert page.locator(".row-link").count() == rows
    page.unroute("**/console")
    page.evaluate("htmx.trigger('#queue', 'every')")
    page.wait_for_selector(".lost", state="hidden")
    window.faults = [fault for fault in window.faults if "503" not in fault]


def test_the_filter_changes_the_list_and_the_address(window: Window) -> None:
    page = window.page
    window.sign_in()
    before = page.locator(".row-link").count()
    page.select_option("select[name=role]", "pricing_desk")
    page.wait_for_url("**/console?role=pricing_desk")
    page.wait_for_function(f"document.querySelectorAll('.row-link').length < {before}")
    page.reload()
    assert page.input_value("select[name=role]") == "pricing_desk"


def test_an_open_case_says_that_somebody_else_decided(window: Window, browser: Any) -> None:
    answer = window.site.desk.recommend(costly(700))
    case = f"/console/cases/{answer['recommendation_id']}"
    window.sign_in()
    window.open(case)
    body = {"verdict": "reject", "reason": "other"}
    window.site.desk.post(f"/v1/recommendations/{answer['recommendation_id']}/reviews", body, "fina")
    window.page.evaluate("htmx.trigger('#changed', 'every')")
    window.page.wait_for_selector("#changed .banner")
    assert "rejected, by fina" in window.page.inner_text("#changed")
    window.page.click("#changed a")
    window.page.wait_for_selector("text=This case is decided: rejected.")


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["1440", "390"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_predictions_are_drawn_inside_their_panels_and_can_be_read(
    explaining: Window, size: dict[str, int], scheme: str
) -> None:
    page = explaining.page
    page.emulate_media(color_scheme=scheme)
    explaining.resize(size)
    explaining.sign_in()
    [item] = explaining.site.desk.service.recommendations.queue().items
    explaining.open(f"/console/cases/{item.recommendation_id}")
    drawings = page.locator("svg.waterfall")
    assert drawings.count() == 4
    assert [drawing.evaluate(SPILLED) for drawing in drawings.all()] == [[]] * 4
    assert page.get_by_role("img", name="What led to").count() == 4
    page.evaluate("for (const each of document.querySelectorAll('details')) each.open = true")
    assert (explaining.overflow(), page.evaluate(READABLE)) == (0, [])


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["1440", "390"])
def test_a_promise_that_has_passed_is_told_in_words_and_fits(window: Window, size: dict[str, int]) -> None:
    late = {"due_at": (NOON - timedelta(minutes=190)).isoformat()}
    answer = window.site.desk.recommend(costly(800 + size["width"], promise=late))
    window.resize(size)
    window.sign_in()
    window.open(f"/console/cases/{answer['recommendation_id']}")
    told = window.page.locator("article[aria-labelledby=p-sla_breach]")
    assert "The promise passed 3 h 10 min ago: the SLA is broken" in told.inner_text()
    assert told.locator("svg, .degraded, .probability").count() == 0
    assert "already broken" in window.page.inner_text(".recommended")
    assert (window.overflow(), window.page.evaluate(READABLE)) == (0, [])


def test_hostile_text_runs_nothing(window: Window) -> None:
    """Whatever the sender wrote, the browser shows it: no dialog, no request, no image, no error."""
    page, case = window.page, hostile_case(window.site)
    window.sign_in()
    window.open(case)
    page.click("#reject > summary")
    page.select_option("#reject-reason", "other")
    page.fill("#reject-comment", HOSTILE)
    page.click("#reject button[type=submit]")
    page.wait_for_selector(".banner.good")
    assert HOSTILE in page.inner_text(".comment")
    assert HOSTILE in page.inner_text(".facts >> nth=0")
    assert page.locator("img").count() == 0
    assert page.evaluate("[...document.scripts].every(each => each.src)")


def test_inline_code_is_forbidden_even_where_it_got_in(window: Window) -> None:
    window.sign_in()
    smuggled = '<p style="color: red" id="in" onclick="window.ran = 1">x</p>'
    window.page.evaluate("(html) => document.body.insertAdjacentHTML('beforeend', html)", smuggled)
    window.page.click("#in")
    assert window.page.evaluate("window.ran") is None
    assert window.page.evaluate("getComputedStyle(document.getElementById('in')).color") != "rgb(255, 0, 0)"
    window.faults = [fault for fault in window.faults if "Content Security Policy" not in fault]


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["1440", "390"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_fits_and_can_be_read(window: Window, size: dict[str, int], scheme: str) -> None:
    """Nothing wider than the window, no text under 11 px, contrast of at least 4.5 to 1 (WCAG 2.2, AA)."""
    page = window.page
    page.emulate_media(color_scheme=scheme)
    window.resize(size)
    window.open("/console/sign-in")
    pages = ["/console", "/console/decided", hostile_case(window.site), "/console/cases/nothing", "/docs"]
    unreadable = page.evaluate(READABLE)
    assert (window.overflow(), unreadable) == (0, []), "sign-in"
    window.sign_in()
    for path in pages:
        window.open(path)
        page.evaluate("for (const each of document.querySelectorAll('details')) each.open = true")
        assert (window.overflow(), page.evaluate(READABLE)) == (0, []), path
    window.faults = [fault for fault in window.faults if "404" not in fault]


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["1440", "390"])
def test_what_can_be_pressed_is_large_enough_and_named(window: Window, size: dict[str, int]) -> None:
    """Controls are at least 24 px high and wide (WCAG 2.2, 2.5.8) and have a name."""
    window.resize(size)
    window.sign_in()
    for path in ("/console", hostile_case(window.site)):
        window.open(path)
        assert window.page.evaluate(PRESSABLE) == [], path


def test_a_phone_decides_from_the_bar(window: Window) -> None:
    answer = window.site.desk.recommend(costly(800))
    page = window.page
    window.resize(NARROW)
    window.sign_in("fina")
    assert page.get_by_text("fina", exact=True).is_visible(), "whose decision it is"
    window.open(f"/console/cases/{answer['recommendation_id']}")
    page.click(".act-bar a:has-text('Reject')")
    assert page.locator("#reject-reason").is_visible()
    page.select_option("#reject-reason", "facts_stale")
    page.click("#reject button[type=submit]")
    page.wait_for_selector(".banner.good")


def test_without_scripts_one_can_still_decide(window: Window, browser: Any) -> None:
    answer = window.site.desk.recommend(costly(850))
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{window.site.address}/console/cases/{answer['recommendation_id']}")
    page.fill("#key", window.site.desk.keys["fina"])
    page.click("text=Sign in")
    page.click("#approve button[type=submit]")
    assert "You approved" in page.inner_text(".banner.good")
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["1440", "390"])
def test_a_dossier_can_be_read_wide_and_narrow(owning: Window, size: dict[str, int], scheme: str) -> None:
    page = owning.page
    page.emulate_media(color_scheme=scheme)
    owning.resize(size)
    assert owning.overflow() == 0
    page.click(".waiting .row-link")
    page.wait_for_selector(".intervals")
    assert owning.overflow() == 0
    for row in page.locator(".intervals .row").all():
        label, value = (row.locator(f".{name}").bounding_box() for name in ("label", "value"))
        assert label["x"] + label["width"] < value["x"]
    assert page.locator(".intervals").evaluate(SPILLED) == []
    page.evaluate("for (const each of document.querySelectorAll('details')) each.open = true")
    assert (owning.overflow(), page.evaluate(READABLE)) == (0, [])
    owning.open("/console/models")
    page.wait_for_selector(".drift table")
    assert (owning.overflow(), page.evaluate(READABLE)) == (0, [])


def test_a_model_owner_agrees_and_rolls_back_in_the_browser(owning: Window) -> None:
    page, promotions = owning.page, owning.site.desk.service.promotions
    champion = promotions.now().bundle
    page.click(".waiting .row-link")
    page.fill("#approval-reason", "better on four weeks")
    page.click("button[value=approve]")
    page.wait_for_selector(".banner.good")
    assert "You agreed" in page.inner_text(".banner.good")
    assert promotions.now().rollback_to == champion
    page.click("text=Models")
    page.click("#rollback > summary")
    page.fill("#rollback-reason", "complaints since noon")
    page.click("text=Roll back >> nth=-1")
    page.wait_for_selector(".banner.good")
    assert promotions.now().bundle == champion


READABLE = """() => {
  const channel = (each) => { each /= 255; return each <= 0.03928 ? each / 12.92 : ((each + 0.055) / 1.055) ** 2.4; };
  const numbers = (colour) => (colour.match(/[\\d.]+/g) ?? []).map(Number);
  const luminance = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
  const behind = (element) => {
    for (let each = element; each; each = each.parentElement) {
      const colour = numbers(getComputedStyle(each).backgroundColor);
      if (colour.length === 3 || colour[3] === 1) return colour;
    }
    return matchMedia("(prefers-color-scheme: dark)").matches ? [0, 0, 0] : [255, 255, 255];
  };
  const found = [];
  for (const element of document.querySelectorAll("body *")) {
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
    if (!own || !element.checkVisibility() || element.matches("option, noscript, title, desc")) continue;
    const style = getComputedStyle(element), box = element.getBoundingClientRect();
    if (style.clipPath !== "none" || element.closest("[disabled]") || box.width < 2) continue;
    const front = numbers(element instanceof SVGElement ? style.fill : style.color);
    const [light, dark] = [luminance(front), luminance(behind(element))].sort((a, b) => b - a);
    const contrast = (light + 0.05) / (dark + 0.05);
    if (contrast < 4.5) found.push(`${element.textContent.trim().slice(0, 40)}: contrast ${contrast.toFixed(2)}`);
    if (parseFloat(style.fontSize) < 11) found.push(`${element.textContent.trim().slice(0, 40)}: ${style.fontSize}`);
  }
  return found;
}"""
"""Texts whose contrast or size is too low."""

SPILLED = """(svg) => {
  const frame = svg.getBoundingClientRect();
  return [...svg.querySelectorAll("text, rect, line")]
    .filter((each) => {
      const box = each.getBoundingClientRect();
      return box.left < frame.left - 1 || box.right > frame.right + 1 || box.bottom > frame.bottom + 1;
    })
    .map((each) => each.outerHTML.slice(0, 120));
}"""
"""Parts of a drawing that reach outside it."""

PRESSABLE = """() => [...document.querySelectorAll("button, a, input:not([type=hidden]), select, textarea, summary")]
  .filter((each) => each.checkVisibility() && !each.classList.contains("skip"))
  .filter((each) => {
    const target = each.type === "radio" ? each.closest("label") : each;
    const box = target.getBoundingClientRect();
    const named = each.labels?.length || each.textContent.trim() || each.getAttribute("aria-label");
    const inText = each.tagName === "A" && getComputedStyle(each).display === "inline" && each.closest("p");
    return !named || (!inText && (box.height < 24 || box.width < 24));
  })
  .map((each) => each.outerHTML.slice(0, 120))"""
"""Controls that are too small or have no name."""
