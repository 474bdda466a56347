"""Addresses of clients that browsers are sent to."""

import re
from collections.abc import Iterator
from ipaddress import ip_address
from urllib.parse import urlsplit

from shared_kernel.domain.rules import Violation

MAX_URI = 512
# What a URI may consist of (RFC 3986, section 2), with well-formed escapes.
_URI = re.compile(r"(?:[A-Za-z0-9._~:/?\[\]@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})+")
# A scheme of an installed program is a domain name in reverse, so that it has an owner (RFC 8252, section 7.1).
_PRIVATE_SCHEME = re.compile(r"[a-z][a-z0-9+-]*(?:\.[a-z0-9+-]+)+")
_LOCALHOST = "localhost"


def find_violations(uri: str, field: str) -> Iterator[Violation]:
    """Yield the rules that an address to be registered breaks: absolute, without fragment, by https where it is not local."""
    if len(uri) > MAX_URI or not _URI.fullmatch(uri):
        yield Violation(field, "uri", f"An address must be a URI of at most {MAX_URI} characters without a fragment.")
        return
    try:
        parts = urlsplit(uri)
        host, _ = parts.hostname, parts.port
    except ValueError:
        yield Violation(field, "uri", "An address must be a URI.")
        return
    if parts.username is not None or parts.password is not None:
        yield Violation(field, "user_info", "An address must not contain a user or a password.")
    elif parts.scheme == "http" and not is_loopback(uri):
        yield Violation(field, "https", "An address must begin with https://, or with http:// on 127.0.0.1, [::1] or localhost.")
    elif parts.scheme in ("http", "https") and not host:
        yield Violation(field, "uri", "An address must name a host.")
    elif parts.scheme not in ("http", "https") and not _PRIVATE_SCHEME.fullmatch(parts.scheme):
        yield Violation(
            field,
            "scheme",
            "The scheme must be https, http on a loopback address, or a domain name in reverse, as com.example.app.",
        )


def find_violations_of_web_address(uri: str, field: str) -> Iterator[Violation]:
    """Yield the rules that an address that is fetched, as a logo, breaks."""
    broken = list(find_violations(uri, field))
    yield from broken
    if not broken and urlsplit(uri).scheme not in ("http", "https"):
        yield Violation(field, "https", "The address must begin with https://.")


def is_loopback(uri: str) -> bool:
    """Return whether the address is one of the machine itself: http on a loopback IP address or on localhost."""
    parts = urlsplit(uri)
    return parts.scheme == "http" and (parts.hostname == _LOCALHOST or _is_loopback_ip(parts.hostname))


def is_native(uri: str) -> bool:
    """Return whether any program on the user's machine may receive what is sent there (RFC 8252, section 8.6)."""
    return urlsplit(uri).scheme != "https"


def matches(registered: str, requested: str) -> bool:
    """Return whether a requested address is the registered one: character by character (RFC 9700, section 2.1).

    On a loopback IP address, the port may be any (RFC 8252, section 7.3).
    """
    if registered == requested:
        return True
    try:
        one, other = urlsplit(registered), urlsplit(requested)
        _ = other.port
    except ValueError:
        return False
    if one.scheme != "http" or not _is_loopback_ip(one.hostname) or not _URI.fullmatch(requested):
        return False
    return _without_port(registered) == _without_port(requested)


def find_origin(uri: str) -> str:
    """Return what names the address in a Content-Security-Policy: its origin or, where that has no name there, its scheme."""
    parts = urlsplit(uri)
    if parts.scheme not in ("http", "https") or ":" in (parts.hostname or ""):
        return f"{parts.scheme}:"
    return f"{parts.scheme}://{parts.netloc}"


def _is_loopback_ip(host: str | None) -> bool:
    try:
        return host is not None and ip_address(host).is_loopback
    except ValueError:
        return False


def _without_port(uri: str) -> str:
    return re.sub(r"^(http://(?:\[[^\]]*\]|[^/?:@]*)):[0-9]{1,5}(?=[/?]|$)", r"\1", uri)
