"""The pages of the user's own account, in a browser without scripts, and sign-in by passkey as a form."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import jwt
import orjson
import pytest

from authorization_service.presentation import pages
from authorization_service.presentation.pages.messages import CATALOGS
from test_support.authorization.authenticator_app import AuthenticatorApp
from test_support.authorization.people import PASSWORD, Person, register
from test_support.authorization.signing_in import Browser, Page, RegisteredClient, read_answer
from test_support.authorization.software_passkey import FLAG, SoftwarePasskey
from test_support.problems import read_problem
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
    paths = (
        "names", "profile", "password", "app", "app/confirm", "passkey", "passkey/confirm", "remove", "codes", "sessions/end",
        "browsers/end", "consents/withdraw", "delete",
    )  # fmt: skip
    for path in paths:
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


def test_profile_is_changed_field_by_field(page_of_anna: tuple[Browser, Person]) -> None:
    browser, anna = page_of_anna
    anna("PATCH", "/me", {"profile": {"theme": "dark", "sizes": [1, 2.0]}}).raise_for_status()
    page = browser.open("/account")
    assert "[1,2.0]" in page.text
    page = send_to(browser, page, "/account/profile", profile_field="theme", profile_value="<b>light</b>")
    assert TEXTS["profile_changed"] in page.text
    assert "<b>" not in page.text
    send_to(browser, page, "/account/profile", profile_field="city", profile_value="Казань")
    send_to(browser, page, "/account/profile", profile_field="sizes", decision="remove")
    assert anna("GET", "/me").json()["profile"] == {"theme": "<b>light</b>", "city": "Казань"}
    for field, value in (("", "x"), ("big", "x" * 17_000)):
        refused = send_to(browser, page, "/account/profile", profile_field=field, profile_value=value)
        assert (refused.status_code, TEXTS["broken_profile"] in refused.text) == (422, True)


def test_each_session_is_shown_and_ended(
    page_of_anna: tuple[Browser, Person], authorization_service: Service, client: RegisteredClient
) -> None:
    browser, anna = page_of_anna
    tokens = client.redeem(read_answer(browser.open("/authorize", **client.ask()))["code"]).raise_for_status().json()
    with Browser(authorization_service.url) as other:
        other.sign_in(anna)
        page = browser.open("/account")
        assert [page.text.count(TEXTS[key]) for key in ("this_browser", "from_this_browser")] == [1, 1]
        assert client.client_id in page.text
        forms = [form for form in Page(page).forms if form.action.endswith("/account/browsers/end")]
        assert len(forms) == 1  # this browser has the button to sign out
        strangers = {"id": str(uuid4())}
        refused = browser.client.post(forms[0].action, data=forms[0].fields | strangers)
        assert (refused.status_code, TEXTS["gone"] in refused.text) == (404, True)
        page = send_to(browser, page, "/account/browsers/end")
        assert TEXTS["session_ended"] in page.text
        assert str(other.open("/account").url).endswith("/sign-in")
    session_id = jwt.decode(tokens["access_token"], options={"verify_signature": False})["sid"]
    send_to(browser, page, "/account/sessions/end", id=session_id)
    assert client.token(grant_type="refresh_token", refresh_token=tokens["refresh_token"]).json()["error"] == "invalid_grant"


def test_consent_is_shown_and_withdrawn(
    page_of_anna: tuple[Browser, Person], authorization_service: Service, administrator: Person
) -> None:
    browser, _ = page_of_anna
    client = RegisteredClient.register(administrator, authorization_service.url, first_party=False, name="Reports")
    asked = browser.open("/authorize", **client.ask())
    tokens = client.redeem(read_answer(browser.send(asked, decision="allow"))["code"]).raise_for_status().json()
    page = browser.open("/account")
    assert "Reports" in page.text
    assert TEXTS["consent_withdrawn"] in send_to(browser, page, "/account/consents/withdraw").text
    assert client.token(grant_type="refresh_token", refresh_token=tokens["refresh_token"]).json()["error"] == "invalid_grant"
    refused = send_to(browser, page, "/account/consents/withdraw")
    assert (refused.status_code, TEXTS["gone"] in refused.text) == (404, True)


def test_account_is_removed_after_a_confirmation(page_of_anna: tuple[Browser, Person]) -> None:
    browser, anna = page_of_anna
    refused = confirm(browser, "delete", "Wrong-horse-9")
    assert (refused.status_code, TEXTS["wrong_password"] in refused.text) == (403, True)
    assert TEXTS["account_deleted"] in confirm(browser, "delete").text
    assert str(browser.open("/account").url).endswith("/sign-in")
    assert anna.send("POST", "/login", json={"username": anna.username, "password": PASSWORD}).status_code == 401


def test_last_administrator_is_not_removed(authorization_service: Service, administrator: Person) -> None:
    with Browser(authorization_service.url) as browser:
        browser.sign_in(administrator)
        refused = confirm(browser, "delete", administrator.password)
        assert (refused.status_code, TEXTS["last_administrator"] in refused.text) == (409, True)


def read_options(page: httpx.Response) -> dict[str, Any]:
    """Return the options of a page's form for passkeys."""
    (options,) = [form["data-options"] for form in Page(page).find("form") if "data-options" in form]
    read: dict[str, Any] = orjson.loads(options)
    return read


def test_passkey_confirms_in_place_of_the_password(page_of_anna: tuple[Browser, Person], authorization_service: Service) -> None:
    browser, anna = page_of_anna
    passkey = SoftwarePasskey(f"http://localhost:{authorization_service.port}")
    page = confirm(browser, "passkey")
    made = orjson.dumps(passkey.register(read_options(page))).decode()
    send_to(browser, page, "/account/passkey/confirm", passkey=made)

    def answer(page: httpx.Response, **fields: str) -> httpx.Response:
        signed = orjson.dumps(passkey.sign(read_options(page))).decode()
        return browser.send(page, 1, **({"passkey": signed, "new_password": "Another-horse-8"} | fields))

    ask = browser.open("/account/confirm", action="password")
    passkey.flags = FLAG.UP  # a touch alone does not show whose finger it is
    assert TEXTS["wrong_passkey"] in answer(ask).text
    passkey.flags = FLAG.UP | FLAG.UV
    ask = browser.open("/account/confirm", action="password")
    assert TEXTS["wrong_passkey"] in answer(ask, challenge="x" * 43).text
    begun = browser.client.post(f"{browser.url}/login/passkey/begin").json()  # a challenge for something else
    signed = orjson.dumps(passkey.sign(begun["options"])).decode()
    assert TEXTS["wrong_passkey"] in answer(ask, challenge=begun["challenge"], passkey=signed).text
    signed = orjson.dumps(passkey.sign(read_options(ask))).decode()
    assert TEXTS["password_changed"] in answer(ask, passkey=signed).text
    assert TEXTS["wrong_passkey"] in answer(ask, passkey=signed).text  # once
    login = anna.send("POST", "/login", json={"username": anna.username, "password": "Another-horse-8"})
    read_problem(login, 401, "second-factor-required")
    ask = browser.open("/account/confirm", action="delete")
    assert TEXTS["account_deleted"] in answer(ask).text


def test_passkey_is_added_and_signs_in(page_of_anna: tuple[Browser, Person], authorization_service: Service) -> None:
    browser, anna = page_of_anna
    passkey = SoftwarePasskey(f"http://localhost:{authorization_service.port}")
    page = confirm(browser, "passkey")
    assert "script-src 'self'" in page.headers["content-security-policy"]
    assert [each["src"] for each in Page(page).find("script")] == ["/pages/passkeys.js"]
    response = orjson.dumps(passkey.register(read_options(page))).decode()
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
