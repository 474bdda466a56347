"""Finding operations by method and target."""

import itertools
from collections.abc import Iterable, Mapping
from urllib.parse import unquote_to_bytes

from httptools import HttpParserInvalidURLError, parse_url

from shared_kernel.presentation.http.routing.direct_route import DirectRoute

Found = tuple[DirectRoute, Mapping[str, str], bytes]
"""An operation, the values of the parameters in its path, still percent-encoded, and the query."""


class Operations:
    """The operations of a service."""

    def __init__(self, operations: Iterable[DirectRoute], root_path: str = "") -> None:
        """`root_path` is the path that proxies publish the service under; those that keep it send it, others remove it."""
        operations = tuple(operations)
        self._below_root = f"{root_path}/".encode()
        self.methods = sorted({operation.method for operation in operations})
        """The methods of all operations."""
        self.header_names = frozenset(itertools.chain.from_iterable(operation.header_names for operation in operations))
        """The header fields that some operations take."""
        named = [(operation.method.encode(), operation) for operation in operations]
        self._fixed: Mapping[tuple[bytes, bytes], Found] = {
            (method, path.encode()): (operation, {}, b"")
            for method, operation in named
            if not operation.param_convertors
            for path in _published_paths(operation.path, root_path)
        }
        self._parametrized = [(method, operation) for method, operation in named if operation.param_convertors]

    def find(self, method: bytes, target: bytes) -> Found | None:
        """Return the operation that a request's method and target (RFC 9112, section 3.2) name, if there is one."""
        found = self._fixed.get((method, target))
        return found if found is not None else self._find_by_url(method, target)

    def _find_by_url(self, method: bytes, target: bytes) -> Found | None:
        try:
            url = parse_url(target)
        except HttpParserInvalidURLError:
            return None
        return self._find_by_path(method, url.path or b"", url.query or b"")

    def _find_by_path(self, method: bytes, path: bytes, query: bytes) -> Found | None:
        # An encoded slash belongs to a segment and does not separate two (RFC 3986, section 2.2).
        found = None if b"%2f" in path.lower() else self._fixed.get((method, unquote_to_bytes(path)))
        if found is not None:
            return found[0], {}, query
        if path.startswith(self._below_root):
            path = path[len(self._below_root) - 1 :]
        text = path.decode("latin-1")
        for name, operation in self._parametrized:
            if name == method and (match := operation.path_regex.fullmatch(text)) is not None:
                return operation, match.groupdict(), query
        return None

    def find_all(self, path: bytes) -> dict[str, DirectRoute]:
        """Return the operations of a path, which may be percent-encoded, by their methods."""
        found = {method: self._find_by_path(method.encode(), path, b"") for method in self.methods}
        return {method: one[0] for method, one in found.items() if one is not None}


def _published_paths(path: str, root_path: str) -> set[str]:
    """Return the paths of an operation: that behind a proxy that removes the root path, and that behind one that keeps it.

    What is well known is looked for at the root of the host, with the root path behind it (RFC 8414, section 3.1).
    """
    published = {path, root_path + path}
    return published | {path + root_path} if path.startswith("/.well-known/") else published
