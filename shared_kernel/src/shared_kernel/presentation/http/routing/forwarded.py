"""The fields in which proxies report what they received: Forwarded (RFC 7239) and its older relatives, X-Forwarded-…

A proxy appends its own report at the right end. X-Forwarded-… count where both are present.
"""

import re
from collections.abc import Mapping
from typing import NamedTuple, TypeVar

PATH_PATTERN = r"^((/[A-Za-z0-9._~-]+)+)?$"
"""A path that the service may be published under; "" is the root."""

T = TypeVar("T")

_PATH = re.compile(PATH_PATTERN.removesuffix("$") + r"/?\Z")
_HOST = re.compile(r"(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?")
_PARAMETER = re.compile(r"""\s*([\w-]+)=(?:"([^"\\]*)"|([^\s";]+))\s*(?:;|\Z)""")


class PublicUrl(NamedTuple):
    """The service's URL as clients know it: "https://example.org" (or "", if not known) and "/path" (or "")."""

    origin: str
    path: str

    def __str__(self) -> str:
        return self.origin + self.path


def read_clients(headers: Mapping[bytes, bytes]) -> list[str]:
    """Return the clients that the proxies report, that of the nearest proxy last; "" where one is not named."""
    clients = _read_list(headers, b"x-forwarded-for")
    return clients or [element.get("for", "") for element in _read_forwarded(headers)]


def read_public_url(headers: Mapping[bytes, bytes], hops: int, root_path: str) -> PublicUrl:
    """Return the URL that a client used, as reported by the proxy that is `hops` proxies away.

    Without a root path, X-Forwarded-Prefix has the path. What is malformed counts as absent.
    """
    schemes, hosts = _read_list(headers, b"x-forwarded-proto"), _read_list(headers, b"x-forwarded-host")
    if not schemes and not hosts and (forwarded := _read_forwarded(headers)):
        report = _pick(forwarded, hops)
        scheme, host = report.get("proto", ""), report.get("host", "")
    else:
        scheme, host = _pick(schemes or [""], hops), _pick(hosts or [""], hops)
    scheme = scheme.lower()
    is_known = scheme in ("http", "https") and _HOST.fullmatch(host)
    return PublicUrl(f"{scheme}://{host}" if is_known else "", root_path or _read_prefix(headers, hops))


def _read_prefix(headers: Mapping[bytes, bytes], hops: int) -> str:
    prefix = _pick(_read_list(headers, b"x-forwarded-prefix") or [""], hops)
    return prefix.rstrip("/") if _PATH.match(prefix) else ""


def _read_list(headers: Mapping[bytes, bytes], name: bytes) -> list[str]:
    value = headers.get(name)
    return [] if value is None else [part.strip() for part in value.decode("latin-1").split(",")]


def _read_forwarded(headers: Mapping[bytes, bytes]) -> list[dict[str, str]]:
    # Split at each comma: neither addresses nor hosts have one, and so what a client has forged on the left, even a quotation
    # mark without its counterpart, cannot change what the proxy has appended.
    return [_read_element(part) for part in _read_list(headers, b"forwarded")]


def _read_element(text: str) -> dict[str, str]:
    """Return the parameters of one proxy's report by their names in lower case; none if it is malformed."""
    parameters: dict[str, str] = {}
    position = 0
    while position < len(text):
        found = _PARAMETER.match(text, position)
        if found is None:
            return {}
        parameters[found[1].lower()] = found[2] or found[3] or ""
        position = found.end()
    return parameters


def _pick(reports: list[T], hops: int) -> T:
    """Return the report of the proxy that is `hops` proxies away; the farthest one if fewer have reported."""
    return reports[-min(hops, len(reports))]
