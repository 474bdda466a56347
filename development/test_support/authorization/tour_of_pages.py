"""A walk over all pages of the service in Chromium: each is shown once, by the names in the order of the walk."""

from collections.abc import Iterator
from urllib.parse import urlencode
from uuid import uuid4

import httpx

from test_support.authorization.authenticator_app import AuthenticatorApp
from test_support.authorization.people import PASSWORD, Person
from test_support.authorization.signing_in import RegisteredClient
from test_support.browser import Browser
from test_support.processes import Service, wait_until

LONG_NAME = "Wolfeschlegelsteinhausenbergerdorff-Papadimitrakopoulos"
SCOPE = "openid profile email account read:default write:team-* offline_access"
SUBMIT = "main form button.primary"


class TourOfPages:
    """Walks over the pages as a user that registers, gets a second factor, and removes the account at the end."""

    def __init__(self, chromium: Browser, service: Service, administrator: Person) -> None:
        self._chromium = chromium
        self._service = service
        # Passkeys need a domain name.
        self._url = service.url.replace("127.0.0.1", "localhost")
        shown = {"first_party": False, "name": "Quarterly reports"}
        self._client = RegisteredClient.register(administrator, service.url, **shown)
        self._username = f"anna-{uuid4().hex[:8]}@example.org"

    def __iter__(self) -> Iterator[str]:
        """Yield the name of each page while it is shown."""
        self._chromium.forget_cookies()
        yield from self._register()
        yield from self._use_account()
        yield from self._sign_in_again()
        yield from self._leave()

    def _open(self, path: str) -> None:
        self._chromium.run("window.isOld = true")
        self._chromium.open(f"{self._url}{path}")
        self._wait_for_page()

    def _wait_for_page(self) -> None:
        is_there = "return document.readyState == 'complete' && !window.isOld && !!document.querySelector('h1')"
        wait_until(lambda: bool(self._chromium.run(is_there)), "the next page")

    def _send(self, button: str = SUBMIT, **fields: str) -> None:
        """Fill in fields and send the form; return when the next page is there."""
        for name, text in fields.items():
            self._chromium.run(f"document.getElementById('{name}').value = ''")
            self._chromium.type(f"#{name}", text)
        self._chromium.run("window.isOld = true")
        self._chromium.click(button)
        self._wait_for_page()

    def _register(self) -> Iterator[str]:
        self._open(f"/authorize?{urlencode(self._client.ask(scope=SCOPE))}")
        yield "sign_in"
        self._send(username=self._username, password="Wrong-horse-9")
        yield "sign_in_refused"
        self._send("p.aside a")
        yield "create_account"
        self._send(username=self._username, password="short", first_name="Анна")
        yield "create_account_refused"
        self._send(username=self._username, password=PASSWORD, first_name="Анна", last_name=LONG_NAME)
        yield "consent"

    def _use_account(self) -> Iterator[str]:
        device = {"client_id": self._client.client_id, "scope": "openid read:default"}
        codes = httpx.post(f"{self._service.url}/device_authorization", data=device, trust_env=False).json()
        self._open("/device")
        yield "device_code"
        self._send(user_code="BCDF-GHJK")
        yield "device_code_refused"
        self._send(user_code=codes["user_code"])
        yield "device"
        self._send("button[value=allow]")
        yield "device_done"
        self._open("/account/confirm?action=app")
        yield "confirm"
        self._send(password=PASSWORD)
        yield "add_app"
        app = AuthenticatorApp(str(self._chromium.run("return document.querySelector('[name=uri]').value")))
        self._send(code=app.code())
        yield "recovery_codes"
        self._codes = str(
            self._chromium.run("return [...document.querySelectorAll('.codes li')].map(e => e.innerText).join(' ')")
        ).split()
        self._open("/account")
        self._send("form:has(#new-profile-field) button", **{"new-profile-field": "city", "new-profile-value": "Kazan"})
        yield "account"
        self._open("/account/confirm?action=password")
        self._send(password="Wrong-horse-9", code=self._codes[0], new_password="Another-horse-8")
        yield "confirm_refused"

    def _sign_in_again(self) -> Iterator[str]:
        self._open("/end-session")
        yield "sign_out"
        self._send()
        yield "signed_out"
        self._open("/sign-in")
        self._send(username=self._username, password=PASSWORD)
        yield "second_factor"
        self._send(code=self._codes[1])
        yield "signed_in"

    def _leave(self) -> Iterator[str]:
        self._open("/authorize?client_id=nobody")
        yield "error"
        self._open("/account/confirm?action=delete")
        yield "confirm_delete"
        self._send("button.danger", password=PASSWORD, code=self._codes[2])
        yield "account_deleted"
