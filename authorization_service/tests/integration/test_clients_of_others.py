"""Clients that others have written sign users in: authlib, requests-oauthlib, openid-client, oidc-client-ts, mod_auth_openidc."""

import json
import os
import re
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlencode

import httpx
import pytest
from authlib.integrations.httpx_client import OAuth2Client
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.jwk import KeySet
from requests_oauthlib import OAuth2Session

from test_support.authorization.people import Person, log_in_as_administrator, register
from test_support.authorization.signing_in import Browser, RegisteredClient
from test_support.browser import Browser as Chromium
from test_support.processes import ROOT, ProcessUnderTest, Service, Tarantool, reserve_port, wait_until

CLIENTS = Path(__file__).parent.parent / "clients_of_others"
GUIDE = ROOT / "documentation" / "sign_in.md"
APACHE = "/usr/sbin/apache2"
APACHE_MODULES = ("mpm_event", "authn_core", "authz_core", "authz_user", "dir", "mime", "auth_openidc")


class Provider(NamedTuple):
    """An OpenID provider under the address that it calls itself, with its administrator and a user."""

    url: str
    administrator: Person
    anna: Person
    origin: str
    """That of an application in browsers, which may call it."""

    def register(self, redirect_uri: str, *, public: bool, **more: str) -> RegisteredClient:
        """Register a first-party client."""
        return RegisteredClient.register(self.administrator, self.url, redirect_uris=[redirect_uri], public=public, **more)


@pytest.fixture(scope="module")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Provider]:
    folder, port = tmp_path_factory.mktemp("provider"), reserve_port()
    url, origin = f"http://127.0.0.1:{port}", f"http://localhost:{reserve_port()}"
    settings = {
        "AUTHORIZATION_ISSUER": url,
        "AUTHORIZATION_ALLOWED_ORIGINS": origin,
        "AUTHORIZATION_LOGOUT_NETWORKS": "127.0.0.0/8,::1/128",
    }
    with (
        Tarantool("authorization", folder / "tarantool") as tarantool,
        Service("authorization", folder, tarantool, port=port, **settings) as service,
    ):
        service.wait_until_ready()
        yield Provider(url, log_in_as_administrator(service, folder), register(service), origin)


@pytest.fixture
def browser(provider: Provider) -> Iterator[Browser]:
    with Browser(provider.url) as browser:
        yield browser


def sign_in(browser: Browser, provider: Provider, address: str) -> str:
    """Open the address that a client wants to be opened, sign in, allow what is asked; return where the browser is sent."""
    answer = browser.sign_in(provider.anna, browser.follow(browser.client.get(address)))
    if not answer.is_redirect:
        answer = browser.send(answer, decision="allow")
    return str(answer.headers["location"])


@pytest.mark.parametrize("public", [True, False])
def test_authlib_signs_a_user_in(provider: Provider, browser: Browser, public: bool) -> None:
    client = provider.register("https://client.example/callback", public=public)
    metadata = httpx.get(f"{provider.url}/.well-known/openid-configuration", trust_env=False).json()
    assert metadata["issuer"] == provider.url
    with OAuth2Client(
        client.client_id, client.secret, scope="openid profile", redirect_uri=client.redirect_uri, trust_env=False,
        code_challenge_method="S256", token_endpoint_auth_method="none" if public else "client_secret_basic",
    ) as authlib:  # fmt: skip
        address, state = authlib.create_authorization_url(
            metadata["authorization_endpoint"], code_verifier=client.verifier, nonce="a nonce"
        )
        returned = sign_in(browser, provider, address)
        tokens = authlib.fetch_token(
            metadata["token_endpoint"], authorization_response=returned, state=state, code_verifier=client.verifier
        )
        keys = KeySet.import_key_set(httpx.get(metadata["jwks_uri"], trust_env=False).json())
        decoded = jwt.decode(tokens["id_token"], keys, algorithms=metadata["id_token_signing_alg_values_supported"])
        options = {"iss": {"value": provider.url}, "aud": {"value": client.client_id}}
        CodeIDToken(
            decoded.claims, decoded.header, options,
            {"client_id": client.client_id, "nonce": "a nonce", "access_token": tokens["access_token"]},
        ).validate()  # fmt: skip
        described = authlib.get(metadata["userinfo_endpoint"]).json()
        assert described["preferred_username"] == provider.anna.username
        renewed = authlib.refresh_token(metadata["token_endpoint"], refresh_token=tokens["refresh_token"])
        assert renewed["refresh_token"] != tokens["refresh_token"]


def test_requests_oauthlib_signs_a_user_in(provider: Provider, browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")
    client = provider.register("https://client.example/callback", public=True)
    with OAuth2Session(client.client_id, redirect_uri=client.redirect_uri, scope=["openid"], pkce="S256") as session:
        session.trust_env = False
        address, _ = session.authorization_url(f"{provider.url}/authorize")
        # It authenticates a client without a secret by Basic with an empty one.
        tokens = session.fetch_token(f"{provider.url}/token", authorization_response=sign_in(browser, provider, address))
        assert session.get(f"{provider.url}/userinfo").json() == {"sub": provider.anna("GET", "/me").json()["id"]}
    assert tokens["scope"] == ["openid"]


@pytest.mark.parametrize("public", [True, False])
def test_openid_client_signs_a_user_in(provider: Provider, browser: Browser, public: bool) -> None:
    client = provider.register("http://127.0.0.1/callback", public=public)
    arguments = [provider.url, client.client_id, client.secret or "", "http://127.0.0.1:49152/callback", "openid profile"]
    command = ["node", str(CLIENTS / "openid_client.mjs"), *arguments]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=subprocess.STDOUT, text=True) as program:
        assert program.stdin is not None
        assert program.stdout is not None
        address = program.stdout.readline().strip()
        assert address.startswith(f"{provider.url}/authorize?"), address + program.stdout.read()
        assert ("request_uri=urn" in address) is not public
        program.stdin.write(sign_in(browser, provider, address) + "\n")
        program.stdin.flush()
        output = program.stdout.read()
    assert output.startswith("{"), output
    learnt: dict[str, Any] = json.loads(output)
    assert learnt["user"]["preferred_username"] == provider.anna.username
    assert learnt["claims"]["sub"] == learnt["user"]["sub"] == learnt["renewed"]["sub"]
    assert learnt["refused"] == "invalid_grant"
    assert learnt["logout"].startswith(f"{provider.url}/end-session")


class Application(BaseHTTPRequestHandler):
    """Serves the application in the browser, and the library that it uses."""

    def do_GET(self) -> None:
        script = CLIENTS / "node_modules/oidc-client-ts/dist/browser/oidc-client-ts.min.js"
        is_script = self.path == "/oidc-client-ts.min.js"
        body = (script if is_script else CLIENTS / "application.html").read_bytes()
        self.send_response(200)
        self.send_header("content-type", "text/javascript" if is_script else "text/html; charset=utf-8")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def application(provider: Provider) -> Iterator[str]:
    server = ThreadingHTTPServer(("localhost", int(provider.origin.rpartition(":")[2])), Application)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield provider.origin
    server.shutdown()
    thread.join()
    server.server_close()


def enter_password(chromium: Chromium, provider: Provider) -> None:
    chromium.type("#username", provider.anna.username)
    chromium.type("#password", provider.anna.password)
    chromium.click("button.primary")


def test_oidc_client_ts_signs_a_user_in(provider: Provider, application: str, chromium: Chromium) -> None:
    client = provider.register(f"{application}/callback", public=True)
    settings = {"authority": provider.url, "client_id": client.client_id}
    chromium.open(f"{application}/?{urlencode({'settings': json.dumps(settings)})}")
    chromium.click("button")
    enter_password(chromium, provider)
    chromium.click("button[value=allow]")
    # Renewed by its refresh token. In an invisible frame of another site the browser has no cookie: the client is told so.
    assert chromium.read("p") == "Anna Petrova, true, login_required"


class Apache(ProcessUnderTest):
    """Apache with mod_auth_openidc in front of a page, configured as the guide shows."""

    def __init__(self, provider: Provider, port: int, client: RegisteredClient) -> None:
        # Apache started by root gives that up and would outlive a test run that is killed; www-data reads no pytest folder.
        folder = Path(tempfile.mkdtemp())
        self.folder = folder
        self.url = f"http://localhost:{port}"
        shown = re.search(r"^```apache\n(.*?)^```", GUIDE.read_text(), re.MULTILINE | re.DOTALL)
        assert shown is not None
        block = shown[1].replace("http://127.0.0.1:8080", provider.url).replace("https://wiki.example", self.url)
        block = block.replace("CLIENT_ID", client.client_id).replace("CLIENT_SECRET", client.secret or "")
        (folder / "wiki").mkdir()
        (folder / "wiki/index.html").write_text("<h1>The protected page</h1>")
        modules = "".join(f"LoadModule {name}_module /usr/lib/apache2/modules/mod_{name}.so\n" for name in APACHE_MODULES)
        (folder / "configuration").write_text(
            f"{modules}ServerRoot {folder}\nDefaultRuntimeDir {folder}\nPidFile {folder}/pid\nErrorLog {folder}/error.log\n"
            f"ServerName localhost\nListen 127.0.0.1:{port}\nDocumentRoot {folder}\nDirectoryIndex index.html\n"
            f'TypesConfig /etc/mime.types\nLogFormat "%u %r" user\nCustomLog {folder}/access.log user\n{block}'
        )
        drop = ["setpriv", "--reuid", "www-data", "--regid", "www-data", "--clear-groups", "--pdeathsig", "KILL"]
        if os.getuid() == 0:
            for file in (folder, *folder.rglob("*")):
                shutil.chown(file, "www-data", "www-data")
        command = [*(drop if os.getuid() == 0 else ()), APACHE, "-X", "-f", str(folder / "configuration")]
        super().__init__(command, {}, folder / "output.log")

    def wait_until_ready(self) -> "Apache":
        """Return when it answers."""
        wait_until(lambda: self._answers() or not self.is_running(), "Apache ready")
        assert self.is_running(), self.output + (self.folder / "error.log").read_text()
        return self

    def _answers(self) -> bool:
        try:
            return httpx.get(f"{self.url}/", trust_env=False, timeout=5).status_code < 500
        except httpx.TransportError:
            return False


def test_mod_auth_openidc_protects_a_page(provider: Provider, chromium: Chromium) -> None:
    port = reserve_port()
    address = f"http://localhost:{port}/wiki/signed-in"
    client = provider.register(address, public=False, backchannel_logout_uri=f"{address}?logout=backchannel")
    with Apache(provider, port, client) as apache:
        apache.wait_until_ready()
        refused = httpx.get(f"{apache.url}/wiki/", trust_env=False)
        assert refused.status_code == 302
        assert refused.headers["location"].startswith(f"{provider.url}/authorize?")
        chromium.open(f"{apache.url}/wiki/")
        enter_password(chromium, provider)
        chromium.click("button[value=allow]")
        assert chromium.read("h1") in ("Allow access?", "The protected page")
        wait_until(lambda: chromium.read("h1") == "The protected page", "the protected page")
        log = apache.folder / "access.log"
        assert f"{provider.anna.username} GET /wiki/" in log.read_text()
        # Signed out at the provider, the user is signed out of the page, which the browser has a cookie of all the same.
        chromium.open(f"{provider.url}/signed-in")
        chromium.click("button")
        wait_until(lambda: "POST /wiki/signed-in?logout=backchannel" in log.read_text(), "the logout")
        chromium.open(f"{apache.url}/wiki/")
        wait_until(lambda: chromium.read("h1") == "Sign in", "the page to sign in at")
    shutil.rmtree(apache.folder, ignore_errors=True)
