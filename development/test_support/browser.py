"""A headless Chromium, controlled by the DevTools protocol over a pair of pipes."""

import base64
import json
import os
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

WAIT_SECONDS = 30.0


class PageLeftError(Exception):
    """The page was left while it was asked for something."""


class Browser:
    """One page. Elements that are clicked or read are waited for, up to WAIT_SECONDS."""

    def __init__(self, program: str, profile: Path, *options: str) -> None:
        # Chromium reads commands from file descriptor 3 and writes answers and events to 4.
        from_test, self._to_browser = os.pipe()
        self._from_browser, to_test = os.pipe()
        command = [
            program, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--remote-debugging-pipe",
            "--no-first-run", "--no-proxy-server", "--window-size=1280,1400", f"--user-data-dir={profile}", *options,
            "about:blank",
        ]  # fmt: skip
        redirection = f'exec "$@" 3<&{from_test} 4>&{to_test}'
        with (profile.parent / "chromium.log").open("wb") as log:
            self._process = subprocess.Popen(
                ["bash", "-c", redirection, "bash", *command], pass_fds=(from_test, to_test), stdin=subprocess.DEVNULL,
                stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        os.close(from_test)
        os.close(to_test)
        self._received = b""
        self._number = 0
        self._session = ""

    def __enter__(self) -> Self:
        target = self._send("Target.createTarget", url="about:blank")["targetId"]
        self._session = self._send("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        os.close(self._to_browser)
        os.close(self._from_browser)

    def open(self, url: str) -> None:
        """Open a page."""
        self._send("Page.navigate", url=url)

    def click(self, selector: str) -> None:
        """Click the first element that matches the CSS selector, once there is one."""
        self._wait_for(f"(found => found && (found.click(), true))({_find(selector)})")

    def type(self, selector: str, text: str) -> None:
        """Type into the first matching field, once there is one."""
        self._wait_for(f"(found => found && (found.focus(), document.activeElement === found))({_find(selector)})")
        self.write(text)

    def write(self, text: str) -> None:
        """Type where the focus is."""
        self._send("Input.insertText", text=text)

    def read(self, selector: str) -> str:
        """Return the text of the first matching element, once it has some."""
        return str(self._wait_for(f"{_find(selector)}?.innerText"))

    def run(self, script: str, **values: Any) -> Any:
        """Run the body of an asynchronous function in the page, with these values as its variables; return what it returns."""
        declarations = "".join(f"const {name} = {json.dumps(value)};\n" for name, value in values.items())
        expression = f"(async () => {{\n{declarations}{script}\n}})()"
        answer = self._send("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def prefer(self, *, dark: bool) -> None:
        """Prefer dark pages, or light ones."""
        self._send(
            "Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
        )

    def resize(self, width: int, height: int) -> None:
        """Have a window of this size: CSS pixels."""
        self._send("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < height)

    def speak(self, language: str) -> None:
        """Send this Accept-Language from the next page on."""
        self._send("Network.enable")
        self._send("Network.setExtraHTTPHeaders", headers={"Accept-Language": language})

    def forget_cookies(self) -> None:
        """Be a browser that has visited nothing yet."""
        self._send("Network.clearBrowserCookies")

    def press(self, key: str, code: int, text: str = "") -> None:
        """Press a key, by its name and its number (UI Events, section 6.3)."""
        pressed = {"key": key, "code": key, "windowsVirtualKeyCode": code}
        self._send("Input.dispatchKeyEvent", type="keyDown", **pressed, **({"text": text} if text else {}))
        self._send("Input.dispatchKeyEvent", type="keyUp", **pressed)

    def take_picture(self) -> bytes:
        """Return a picture of the page as far as the window shows it: WebP."""
        return base64.b64decode(self._send("Page.captureScreenshot", format="webp", quality=80)["data"])

    def add_authenticator(self) -> str:
        """Give the browser an authenticator of passkeys that verifies its user, as a telephone's is. Return its id.

        Web Authentication, section 11.2.
        """
        self._send("WebAuthn.enable")
        options = {
            "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
            "isUserVerified": True, "automaticPresenceSimulation": True,
        }  # fmt: skip
        return str(self._send("WebAuthn.addVirtualAuthenticator", options=options)["authenticatorId"])

    def set_signature_counter(self, authenticator: str, counter: int) -> None:
        """Set the counter of the only passkey of an authenticator, as a copy of it would have another one."""
        (credential,) = self._send("WebAuthn.getCredentials", authenticatorId=authenticator)["credentials"]
        self._send("WebAuthn.removeCredential", authenticatorId=authenticator, credentialId=credential["credentialId"])
        self._send("WebAuthn.addCredential", authenticatorId=authenticator, credential=credential | {"signCount": counter})

    def _wait_for(self, expression: str) -> Any:
        deadline = time.monotonic() + WAIT_SECONDS
        while True:
            with suppress(PageLeftError):  # a page that was about to be left
                value = self._send("Runtime.evaluate", expression=expression, returnByValue=True)["result"].get("value")
                if value:
                    return value
            assert time.monotonic() < deadline, f"{expression} was not true within {WAIT_SECONDS} seconds"
            time.sleep(0.05)

    def _send(self, method: str, **parameters: Any) -> dict[str, Any]:
        self._number += 1
        command = {"id": self._number, "method": method, "params": parameters}
        if self._session:
            command["sessionId"] = self._session
        os.write(self._to_browser, json.dumps(command).encode() + b"\0")
        while True:
            message = self._receive()
            if message.get("id") == self._number:
                if "navigated or closed" in message.get("error", {}).get("message", ""):
                    raise PageLeftError(method)
                assert "error" not in message, f"{method}: {message}"
                result: dict[str, Any] = message["result"]
                return result

    def _receive(self) -> dict[str, Any]:
        while b"\0" not in self._received:
            part = os.read(self._from_browser, 1 << 16)
            assert part, "Chromium has exited"
            self._received += part
        message, _, self._received = self._received.partition(b"\0")
        read: dict[str, Any] = json.loads(message)
        return read


def _find(selector: str) -> str:
    return f"document.querySelector({json.dumps(selector)})"
