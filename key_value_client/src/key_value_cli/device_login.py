"""Sign-in on another device, where no browser is at hand (RFC 8628)."""

import sys
import time

from key_value_cli.failures import Failure, Status
from key_value_cli.harmless import make_harmless
from key_value_cli.oauth import SCOPE, Refusal, Server
from key_value_client.tokens import Tokens

_GRANT = "urn:ietf:params:oauth:grant-type:device_code"
_SLOWER_SECONDS = 5.0  # after `slow_down` (section 3.5)


def sign_in_on_another_device(server: Server, seconds: float) -> Tokens:
    """Show an address and a code, and wait so many seconds at most until the user allows it there; return the tokens.

    A service that is away for a while is asked again. Raises Failure.
    """
    begun = server.post("/device_authorization", scope=SCOPE)
    _show(str(begun["verification_uri"]), str(begun.get("verification_uri_complete", "")), str(begun["user_code"]))
    deadline, pause = time.monotonic() + seconds, float(begun.get("interval", 5))
    failure = Failure(f"Nobody has signed in within {seconds:g} seconds.", Status.NOT_LOGGED_IN)
    while (left := deadline - time.monotonic()) > 0:
        time.sleep(min(pause, left))
        try:
            return Tokens.of(server.post("/token", grant_type=_GRANT, device_code=str(begun["device_code"])))
        except Refusal as refusal:
            if refusal.code == "slow_down":
                pause += _SLOWER_SECONDS
            elif refusal.code != "authorization_pending":
                raise
        except Failure as unreachable:
            if time.monotonic() >= deadline:
                failure = unreachable
    raise failure


def _show(address: str, address_with_code: str, code: str) -> None:
    lines = f"Open {make_harmless(address)} on any device, and type this code:\n\n    {make_harmless(code)}\n\n"
    sys.stderr.write(lines)
    if address_with_code and sys.stderr.isatty():
        import segno  # noqa: PLC0415 - only a terminal shows the picture

        sys.stderr.write("Or scan this:\n")
        segno.make(address_with_code, error="l").terminal(out=sys.stderr, compact=True)
        sys.stderr.write("Waiting for the sign-in. Ctrl-C ends that.\n")
    sys.stderr.flush()
