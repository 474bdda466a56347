"""The client that key_value_service's console is: public, first-party, at the addresses of the settings."""

from collections.abc import Iterator, Sequence

from authorization_service.domain.entities.client import Application
from authorization_service.domain.value_objects import redirect_uri
from shared_kernel.domain.rules import Violation

CONSOLE = "console"
SIGNED_OUT = "-/signed-out"
"""Below an address of the console: where browsers return to after signing out."""


def make_console_application(addresses: Sequence[str]) -> Application:
    """Return what the console is to users. Raises RulesBrokenError."""
    return Application(
        redirect_uris=tuple(addresses),
        post_logout_redirect_uris=tuple(address + SIGNED_OUT for address in addresses),
        is_first_party=True,
        name="Console",
    )


def find_violations_of_console(address: str) -> Iterator[Violation]:
    """Yield the rules that an address of the console breaks: those of redirect URIs, and that it ends with a slash."""
    yield from redirect_uri.find_violations_of_web_address(address, "address")
    if not address.endswith("/") or "?" in address:
        yield Violation("address", "slash", "An address of the console must end with a slash.")
