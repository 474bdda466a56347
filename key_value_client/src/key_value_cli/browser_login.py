"""Sign-in in the browser of this machine: the authorization code flow with PKCE and a loopback listener (RFC 8252)."""

import hashlib
import os
import queue
import secrets
import sys
import threading
import webbrowser
from base64 import urlsafe_b64encode
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from key_value_cli.failures import Failure, Status
from key_value_cli.harmless import make_harmless
from key_value_cli.oauth import CLIENT_ID, SCOPE, Refusal, Server
from key_value_client.tokens import Tokens

_PATH = "/callback"
_PAGE = """<!DOCTYPE html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<title>kv</title><h1>{}</h1><p>Close this page, and go back to the terminal.</p></html>
"""


def is_browser_at_hand() -> bool:
    """Return whether a browser can be opened where the user is: not through SSH, and not without a display."""
    if os.environ.get("SSH_CONNECTION") or os.environ.get("SSH_TTY"):
        return False
    if sys.platform not in ("darwin", "win32") and not any(map(os.environ.get, ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER"))):
        return False
    try:
        webbrowser.get()
    except webbrowser.Error:
        return False
    return True


def sign_in_by_browser(server: Server, seconds: float, username: str | None) -> Tokens:
    """Let the user sign in within so many seconds; return the tokens. Raises Failure."""
    verifier, state = secrets.token_urlsafe(48), secrets.token_urlsafe(16)
    with _Listener(state) as listener:
        request = {
            "response_type": "code", "client_id": CLIENT_ID, "redirect_uri": listener.url, "scope": SCOPE, "state": state,
            "code_challenge": urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode(),
            "code_challenge_method": "S256", "login_hint": username or "",
        }  # fmt: skip
        address = f"{server.url}/authorize?{urlencode({name: value for name, value in request.items() if value})}"
        sys.stderr.write(f"Sign in in your browser. If it does not open, open this address in it:\n{make_harmless(address)}\n")
        sys.stderr.flush()
        # Some browsers do not return before they are closed.
        threading.Thread(target=webbrowser.open, args=(address,), daemon=True).start()
        answer = listener.wait(seconds)
        if answer.get("iss") != server.issuer:
            raise Failure(f"The answer is from another server than {server.issuer}: {answer.get('iss')}", Status.NOT_LOGGED_IN)
        if "code" not in answer:
            raise Refusal(answer.get("error", "no code"), answer.get("error_description", ""))
        form = {"code": answer["code"], "code_verifier": verifier, "redirect_uri": listener.url}
        return Tokens.of(server.post("/token", grant_type="authorization_code", **form))


class _Listener(ThreadingHTTPServer):
    """Waits on a free port for the browser to bring the answer with this state; what else comes changes nothing."""

    daemon_threads = True  # a browser opens connections ahead that it may never use

    def __init__(self, state: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.state = state
        self.answers: queue.Queue[dict[str, str]] = queue.Queue()
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def __exit__(self, *error: Any) -> None:
        self.shutdown()
        super().__exit__(*error)

    @property
    def url(self) -> str:
        """The address that the browser is sent back to."""
        return f"http://127.0.0.1:{self.server_port}{_PATH}"

    def wait(self, seconds: float) -> dict[str, str]:
        """Return the parameters of the answer. Raises Failure if none comes in time."""
        try:
            return self.answers.get(timeout=seconds)
        except queue.Empty:
            raise Failure(f"Nobody has signed in within {seconds:g} seconds.", Status.NOT_LOGGED_IN) from None


class _Handler(BaseHTTPRequestHandler):
    server: _Listener
    timeout = 10.0

    def do_GET(self) -> None:
        """Take the answer, once."""
        target = urlsplit(self.path)
        answer = {name: values[0] for name, values in parse_qs(target.query).items() if len(values) == 1}
        is_ours = target.path == _PATH and secrets.compare_digest(answer.get("state", "").encode(), self.server.state.encode())
        if not is_ours:
            self._show(HTTPStatus.NOT_FOUND, "Nothing is here")
            return
        self._show(HTTPStatus.OK, "You have signed in" if "code" in answer else "You have not signed in")
        self.server.answers.put(answer)

    def _show(self, status: HTTPStatus, title: str) -> None:
        page = _PAGE.format(title).encode()
        self.send_response(status)
        for field in (
            ("Content-Type", "text/html; charset=utf-8"), ("Content-Length", str(len(page))), ("Cache-Control", "no-store"),
            ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"), ("Referrer-Policy", "no-referrer"),
        ):  # fmt: skip
            self.send_header(*field)
        self.end_headers()
        self.wfile.write(page)

    def log_message(self, *_: Any) -> None:
        """Write nothing: a code is in the address."""
