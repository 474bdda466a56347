"""A browser without a screen, and clients that users sign in to with it."""

import base64
import hashlib
import secrets
import uuid
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any, Self
from urllib.parse import parse_qs, urlencode, urljoin, urlsplit

import httpx
import jwt

from test_support.authorization.people import Person

CALLBACK = "https://client.example/callback"


@dataclass
class Form:
    """A form of a page: where it leads, and its fields with their values."""

    action: str
    fields: dict[str, str] = field(default_factory=dict)


class Page(HTMLParser):
    """A page as a browser without scripts has it: its forms, its text and its elements' attributes by tag."""

    def __init__(self, response: httpx.Response) -> None:
        super().__init__()
        self.response = response
        self.forms: list[Form] = []
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.text = ""
        self.feed(response.text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        self.elements.append((tag, values))
        if tag == "form":
            self.forms.append(Form(urljoin(str(self.response.url), values["action"])))
        elif tag == "input" and "name" in values:
            self.forms[-1].fields[values["name"]] = values.get("value", "")

    def handle_data(self, data: str) -> None:
        self.text += data

    def find(self, tag: str) -> list[dict[str, str]]:
        """Return the attributes of all elements with this tag."""
        return [attributes for name, attributes in self.elements if name == tag]


class Browser:
    """Keeps cookies, and follows redirects as long as they lead to the service."""

    def __init__(self, url: str, **headers: str) -> None:
        self.url = url
        self.client = httpx.Client(trust_env=False, timeout=30, headers=headers)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.client.close()

    def open(self, path: str, **query: str) -> httpx.Response:
        """Open a path of the service; return the page, or the first redirect that leads elsewhere."""
        return self.follow(self.client.get(f"{self.url}{path}", params=query))

    def follow(self, response: httpx.Response) -> httpx.Response:
        """Follow redirects within the service."""
        while response.is_redirect:
            location = urljoin(str(response.url), response.headers["location"])
            if not location.startswith(f"{self.url}/"):
                return response
            response = self.client.get(location)
        return response

    def send(self, page: httpx.Response, number: int = 0, **fields: str) -> httpx.Response:
        """Fill in and send a form of a page."""
        form = Page(page).forms[number]
        return self.follow(self.client.post(form.action, data=form.fields | fields))

    def sign_in(self, person: Person, page: httpx.Response | None = None) -> httpx.Response:
        """Sign in at the page, or at that of the service."""
        return self.send(page or self.open("/sign-in"), username=person.username, password=person.password)


def read_claims(service_url: str, token: str, client_id: str, issuer: str = "http://127.0.0.1:8080") -> dict[str, Any]:
    """Return the claims of an ID token or a logout token, verified as OpenID Connect Core, section 3.1.3.7, has it."""
    keys = httpx.get(f"{service_url}/.well-known/jwks.json", trust_env=False).json()["keys"]
    key = next(key for key in keys if key["kid"] == jwt.get_unverified_header(token)["kid"])
    claims: dict[str, Any] = jwt.decode(token, jwt.PyJWK(key).key, algorithms=["RS256"], audience=client_id, issuer=issuer)
    return claims


def read_answer(response: httpx.Response) -> dict[str, str]:
    """Return the parameters with which a browser is sent back to a client."""
    assert response.is_redirect, response.text
    return {name: values[0] for name, values in parse_qs(urlsplit(response.headers["location"]).query).items()}


@dataclass
class RegisteredClient:
    """A client, as it knows itself, that signs users in by the authorization code flow."""

    url: str
    client_id: str
    secret: str | None = None
    redirect_uri: str = CALLBACK
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(48))

    @classmethod
    def register(cls, administrator: Person, url: str, **registration: Any) -> Self:
        """Register a client: first-party and public, unless said otherwise."""
        body: dict[str, Any] = {
            "client_id": f"client-{uuid.uuid4().hex}", "public": True, "first_party": True, "redirect_uris": [CALLBACK],
        } | registration  # fmt: skip
        made = administrator("POST", "/clients", body).raise_for_status().json()
        return cls(url, made["client_id"], made["client_secret"], body["redirect_uris"][0])

    @property
    def challenge(self) -> str:
        """The code challenge (RFC 7636, section 4.2)."""
        return base64.urlsafe_b64encode(hashlib.sha256(self.verifier.encode()).digest()).rstrip(b"=").decode()

    def ask(self, **changes: str | None) -> dict[str, str]:
        """Return the parameters of an authorization request, with changes; None leaves one out."""
        wanted: dict[str, str | None] = {
            "response_type": "code", "client_id": self.client_id, "redirect_uri": self.redirect_uri, "scope": "openid",
            "state": "a state", "code_challenge": self.challenge, "code_challenge_method": "S256",
        }  # fmt: skip
        return {name: value for name, value in (wanted | changes).items() if value is not None}

    def authorize_url(self, **changes: str | None) -> str:
        """Return the address of an authorization request."""
        return f"{self.url}/authorize?{urlencode(self.ask(**changes))}"

    def token(self, **form: str | None) -> httpx.Response:
        """Send a request to the token endpoint, as this client."""
        given = {name: value for name, value in form.items() if value is not None}
        if self.secret is None:
            return httpx.post(f"{self.url}/token", data={"client_id": self.client_id} | given, trust_env=False, timeout=30)
        return httpx.post(f"{self.url}/token", data=given, auth=(self.client_id, self.secret), trust_env=False, timeout=30)

    def redeem(self, code: str, **changes: str | None) -> httpx.Response:
        """Exchange a code."""
        form: dict[str, str | None] = {
            "grant_type": "authorization_code", "code": code, "code_verifier": self.verifier, "redirect_uri": self.redirect_uri,
        }  # fmt: skip
        return self.token(**(form | changes))

    def sign_in(self, browser: Browser, person: Person, **changes: str | None) -> dict[str, Any]:
        """Sign a user in, in a browser where it has not signed in yet, and return the tokens."""
        answer = read_answer(browser.sign_in(person, browser.open("/authorize", **self.ask(**changes))))
        tokens: dict[str, Any] = self.redeem(answer["code"]).raise_for_status().json()
        return tokens
