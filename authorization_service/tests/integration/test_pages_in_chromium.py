"""All pages in Chromium: axe-core finds nothing to object to, light or dark, and the keyboard is enough."""

from pathlib import Path

from test_support.authorization.people import Person, register
from test_support.authorization.tour_of_pages import TourOfPages
from test_support.browser import Browser
from test_support.processes import Service, wait_until

AXE = Path(__file__).parent.parent / "clients_of_others/node_modules/axe-core/axe.min.js"
FIND_VIOLATIONS = """
const {violations, passes} = await axe.run();
if (!passes.some(each => each.id == "color-contrast")) return ["the contrast was not looked at"];
return violations.flatMap(each => each.nodes.map(node => `${each.id}: ${node.html}: ${node.failureSummary}`));
"""
PAGES = {
    "sign_in", "sign_in_refused", "create_account", "create_account_refused", "consent", "device_code", "device_code_refused",
    "device", "device_done", "confirm", "add_app", "recovery_codes", "account", "confirm_refused", "sign_out", "signed_out",
    "second_factor", "signed_in", "error", "confirm_delete", "account_deleted",
}  # fmt: skip
TAB, ENTER = ("Tab", 9), ("Enter", 13, "\r")


def test_axe_finds_no_violation_in_both_themes(chromium: Browser, authorization_service: Service, administrator: Person) -> None:
    seen, axe = set(), AXE.read_text()
    for page in TourOfPages(chromium, authorization_service, administrator):
        for is_dark in (False, True):
            chromium.prefer(dark=is_dark)
            assert chromium.run(f"{axe};{FIND_VIOLATIONS}") == [], (page, is_dark)
        seen.add(page)
    assert seen == PAGES


def test_keyboard_alone_signs_in_and_shows_where_it_is(chromium: Browser, authorization_service: Service) -> None:
    anna = register(authorization_service)
    chromium.open(f"{authorization_service.url}/sign-in")
    chromium.read("h1")
    wait_until(lambda: chromium.run("return document.activeElement.id") == "username", "the focus in the first field")
    chromium.write(anna.username)
    chromium.press(*TAB)
    chromium.write(anna.password)
    chromium.press(*TAB)
    assert chromium.run("return getComputedStyle(document.activeElement).outlineStyle") == "solid"
    chromium.press(*ENTER)
    wait_until(lambda: chromium.run("return location.pathname") == "/signed-in", "the page behind")
    reached = []
    for _ in range(2):
        chromium.press(*TAB)
        reached.append(chromium.run("return document.activeElement.tagName"))
    assert reached == ["A", "BUTTON"]
