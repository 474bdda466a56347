"""The pages of the user's own account, in a browser without scripts, and sign-in by passkey as a form."""

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import orjson
import pytest

from authorization_service.presentation import pages
from authorization_service.presentation.pages.messages import CATALOGS
from test_support.authorization.authenticator_app import AuthenticatorApp
from test_support.authorization.people import PASSWORD, Person, register
from test_support.authorization.signing_in import Browser, Page
from test_support.authorization.software_passkey import SoftwarePasskey
from test_support.processes import Service

TEXTS = CATALOGS["en"]


@pytest.fixture
def page_of_anna(authorization_service: Service, anna: Person) -> Iterator[tuple[Browser, Person]]:
    with Browser(authorization_service.url) as browser:
        browser.sign_in(anna)
        yield browser, anna


def send_to(browser: Browser, page: httpx.Response, end: str, **fields: str) -> httpx.Response:
    """Fill in and send the form of a page that leads to the address with this end."""
    (number, *_) = [number for number, form in enumerate(Page(page).forms) if form.action.endswith(end)]
    return browser.send(page, number, **fields)


def confirm(browser: Browser, action: str, password: str = PASSWORD, **fields: str) -> httpx.Response:
    """Open the page to confirm an action at, and send its form."""
    identity = {"id": fields.pop("id")} if "id" in fields else {}
    page = browser.open("/account/confirm", action=action, **identity)
    return send_to(browser, page, f"/account/{action}", password=password, **fields)


def add_app(browser: Browser, **fields: str) -> tuple[AuthenticatorApp, list[str]]:
    """Add an authenticator app; return it with the recovery codes."""
    page = confirm(browser, "app", **fields)
    assert "<svg" in page.text
    (form,) = [form for form in Page(page).forms if form.action.endswith("/account/app/confirm")]
    app = AuthenticatorApp(form.fields["uri"])
    refused = send_to(browser, page, "/account/app/confirm", code=app.wrong_code)
    assert (refused.status_code, TEXTS["wrong_code"] in refused.text) == (403, True)
    done = send_to(browser, refused, "/account/app/confirm", code=app.code())
    return app, re.findall(r"[a-z2-7]{4}(?:-[a-z2-7]{4}){3}", done.text)


def test_account_is_for_whoever_has_signed_in(authorization_service: Service, anna: Person) -> None:
    with Browser(authorization_service.url) as browser:
        page = browser.open("/account")
        assert str(page.url).endswith("/sign-in")
        browser.sign_in(anna, page)
        account = browser.open("/account")
        assert anna.username in account.text
        assert account.headers["cache-control"] == "no-store"
        assert "script-src" not in account.headers["content-security-policy"]


def test_names_and_password_are_changed(page_of_anna: tuple[Browser, Person]) -> None:
    browser, anna = page_of_anna
    page = send_to(browser, browser.open("/account"), "/account/names", first_name="Анна", last_name="")
    assert TEXTS["names_changed"] in page.text
    assert [anna("GET", "/me").json()[name] for name in ("first_name", "last_name")] == ["Анна", None]
    refused = send_to(browser, page, "/account/names", first_name="")
    assert (refused.status_code, TEXTS["broken_name"] in refused.text) == (422, True)
    refused = confirm(browser, "password", "Wrong-horse-9", new_password="Another-horse-8")
    assert (refused.status_code, TEXTS["wrong_password"] in refused.text) == (403, True)
    done = confirm(browser, "password", new_password="Another-horse-8")
    assert TEXTS["password_changed"] in done.text
    assert anna("GET", "/me").status_code == 401
    anna.password = "Another-horse-8"
    anna.log_in()


def test_app_is_added_used_and_removed(page_of_anna: tuple[Browser, Person], authorization_service: Service) -> None:
    browser, anna = page_of_anna
    app, codes = add_app(browser)
    assert len(codes) == 10
    assert anna("GET", "/me").status_code == 401  # sessions of before have ended
    assert TEXTS["kind_totp"] in browser.open("/account").text
    with Browser(authorization_service.url) as other:
        second_step = other.sign_in(anna)
        other.send(second_step, code=app.code())
        assert anna.username in other.open("/account").text
    refused = confirm(browser, "codes")
    assert TEXTS["code_required"] in refused.text
    new_codes = re.findall(r"[a-z2-7]{4}(?:-[a-z2-7]{4}){3}", confirm(browser, "codes", code=codes[0]).text)
    assert len(new_codes) == 10
    (link,) = re.findall(r"action=remove&amp;id=([0-9a-f-]+)", browser.open("/account").text)
    refused = confirm(browser, "remove", id=link, code=codes[1])
    assert TEXTS["wrong_code"] in refused.text
    done = confirm(browser, "remove", id=link, code=new_codes[0])
    assert TEXTS["factor_removed"] in done.text
    assert TEXTS["no_factors"] in done.text


def test_forms_of_other_sites_are_refused(page_of_anna: tuple[Browser, Person]) -> None:
    browser, _ = page_of_anna
    account = browser.url + "/account"
    for path in ("names", "password", "app", "app/confirm", "passkey", "passkey/confirm", "remove", "codes", "sessions/end"):
        form = {"csrf_token": "x" * 43, "password": PASSWORD, "first_name": "Mallory"}
        assert browser.client.post(f"{account}/{path}", data=form).status_code == 403
    assert "Mallory" not in browser.open("/account").text


def test_sessions_are_ended_and_only_ones_own(page_of_anna: tuple[Browser, Person], authorization_service: Service) -> None:
    browser, anna = page_of_anna
    others = register(authorization_service)("GET", "/sessions").json()["sessions"]
    page = browser.open("/account")
    refused = send_to(browser, page, "/account/sessions/end", id=others[0]["id"])
    assert (refused.status_code, TEXTS["gone"] in refused.text) == (404, True)
    assert TEXTS["session_ended"] in send_to(browser, page, "/account/sessions/end").text
    assert anna("GET", "/me").status_code == 401


def test_passkey_is_added_and_signs_in(page_of_anna: tuple[Browser, Person], authorization_service: Service) -> None:
    browser, anna = page_of_anna
    passkey = SoftwarePasskey(f"http://localhost:{authorization_service.port}")
    page = confirm(browser, "passkey")
    assert "script-src 'self'" in page.headers["content-security-policy"]
    assert [each["src"] for each in Page(page).find("script")] == ["/pages/passkeys.js"]
    (options,) = [form["data-options"] for form in Page(page).find("form") if "data-options" in form]
    response = orjson.dumps(passkey.register(orjson.loads(options))).decode()
    done = send_to(browser, page, "/account/passkey/confirm", passkey=response)
    assert TEXTS["recovery_codes"] in done.text
    with Browser(authorization_service.url) as other:
        sign_in = other.open("/sign-in")
        begun = other.client.post(f"{other.url}/login/passkey/begin").json()
        fields = {"challenge": begun["challenge"], "passkey": orjson.dumps(passkey.sign(begun["options"])).decode()}
        refused = send_to(other, sign_in, "/sign-in/passkey", challenge="x" * 43, passkey=fields["passkey"])
        assert TEXTS["wrong_passkey"] in refused.text
        assert TEXTS["wrong_passkey"] in send_to(other, sign_in, "/sign-in/passkey", passkey="[nonsense").text
        send_to(other, sign_in, "/sign-in/passkey", **fields)
        assert anna.username in other.open("/account").text
        assert TEXTS["wrong_passkey"] in send_to(other, other.open("/sign-in"), "/sign-in/passkey", **fields).text


def test_every_key_of_a_template_has_its_texts() -> None:
    folder = Path(pages.__file__).parent
    templates = "".join(path.read_text() for path in (folder / "templates").glob("*.html"))
    used = set(re.findall(r't\("([a-z_]+)"[,)]', templates))
    assert used <= set(TEXTS)
    assert set(CATALOGS["ru"]) == set(TEXTS)
