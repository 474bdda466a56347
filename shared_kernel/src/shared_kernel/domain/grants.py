"""Grants: permissions in the scope of an access token, issued by one service and enforced by the other.

A grant is written `<action>:<pattern>`, as in `read:default write:team-*`: one of the scopes of RFC 6749, section 3.3.
It concerns whole namespaces or, as in `read:default/config/*`, keys of one.
"""

import re
from bisect import bisect_right
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Self
from urllib.parse import quote, unquote, unquote_to_bytes

from shared_kernel.domain.rules import Violation, refuse_if_broken

MAX_NAMESPACE = 64
NAMESPACE_PATTERN = r"^[a-z0-9][a-z0-9._-]{0,63}$"
MAX_KEY_BYTES = 512
CONTROL_CHARACTERS = r"\x00-\x1f\x7f-\x9f"
"""Those that no key has (Unicode's category Cc), as a part of a set in a regular expression."""

# A key has one spelling: each byte of UTF-8 that is none of these is a percent sign with two hexadecimal digits in upper case.
# RFC 6749, section 3.3, would allow more characters; these need no quoting in a shell and no escape in a URL's query.
_PLAIN = "A-Za-z0-9._~/:@-"
_SAFE = "/:@"  # beside those that `quote` never encodes
_HEX, _TAIL = "[0-9A-F]", "%[89AB][0-9A-F]"
_CHARACTERS = (
    f"[{_PLAIN}]",
    "%(?:2[0-9A-C]|3[B-F]|5[B-E]|60|7[B-D])",  # the other printable ones of ASCII
    f"%C2%[AB]{_HEX}",  # from here on, well-formed UTF-8 without control characters (RFC 3629, section 4)
    f"%(?:C[3-9A-F]|D{_HEX}){_TAIL}",
    f"%E0%[AB]{_HEX}{_TAIL}",
    f"%E[1-9A-CEF]{_TAIL}{_TAIL}",
    f"%ED%[89]{_HEX}{_TAIL}",
    f"%F0%[9AB]{_HEX}{_TAIL}{_TAIL}",
    f"%F[1-3]{_TAIL}{_TAIL}{_TAIL}",
    f"%F4%8{_HEX}{_TAIL}{_TAIL}",
)
PATTERN = (
    r"^(?:(?:read|write|admin):(?:[a-z0-9][a-z0-9._-]{0,63}|(?:[a-z0-9][a-z0-9._-]{0,62})?\*)"
    rf"|(?:read|write):[a-z0-9][a-z0-9._-]{{0,63}}/(?:{'|'.join(_CHARACTERS)}){{1,{MAX_KEY_BYTES}}}\*?)$"
)

_GRANT = re.compile(PATTERN[1:-1])
_NAMESPACE = re.compile(NAMESPACE_PATTERN[1:-1])


class Action(StrEnum):
    """Permission in a namespace. ADMIN includes READ and WRITE."""

    READ = "read"
    WRITE = "write"
    ADMIN = "admin"


def is_namespace(name: str) -> bool:
    """Return whether the name is valid for a namespace: 1 to 64 of `a-z0-9._-`, beginning with a letter or digit."""
    return _NAMESPACE.fullmatch(name) is not None


def is_allowed(scopes: Collection[str], action: Action, namespace: str) -> bool:
    """Return whether the scopes of a token allow the action in the whole namespace. Scopes that are not grants allow nothing."""
    if f"{action}:{namespace}" in scopes:  # the usual case
        return True
    sufficient = (action, Action.ADMIN)
    return any(
        held in sufficient and _matches(pattern, namespace) for held, _, pattern in (scope.partition(":") for scope in scopes)
    )


def _matches(pattern: str, other: str) -> bool:
    """Return whether a pattern matches a namespace or key or, if that is a pattern itself, everything that it matches."""
    if pattern.endswith("*"):
        return other.startswith(pattern[:-1])
    return pattern == other or ("/" not in pattern and other.startswith(f"{pattern}/"))


@dataclass(frozen=True, slots=True, order=True)
class Grant:
    """An action on what a pattern matches.

    That is one namespace or, if the pattern ends with `*`, all namespaces with that prefix; or, in one namespace and behind `/`,
    one key or all keys with a prefix, percent-encoded.
    """

    action: Action
    pattern: str

    def __post_init__(self) -> None:
        refuse_if_broken(self.find_violations(str(self)))

    def __str__(self) -> str:
        return f"{self.action}:{self.pattern}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the grant in its text form. Raises RulesBrokenError."""
        refuse_if_broken(cls.find_violations(text))
        action, _, pattern = text.partition(":")
        return cls(Action(action), pattern)

    @staticmethod
    def find_violations(text: str, field: str = "grant") -> Iterator[Violation]:
        """Yield the rule that a proposed grant breaks; `field` is its name in the request."""
        _, slash, key = text.partition("/")
        if not _GRANT.fullmatch(text):
            yield Violation(field, "grant", _RULE_OF_KEYS if slash else _RULE)
        elif len(unquote_to_bytes(key.removesuffix("*"))) > MAX_KEY_BYTES:
            yield Violation(field, "grant", f"A key has at most {MAX_KEY_BYTES} bytes of UTF-8.")

    @property
    def namespaces(self) -> str:
        """The pattern of the namespaces that this concerns, in whole or in part."""
        return self.pattern.partition("/")[0]

    def concerns(self, namespace: str) -> bool:
        """Return whether this grant allows anything in the namespace, if only on some keys."""
        return _matches(self.namespaces, namespace)

    def covers(self, other: "Grant") -> bool:
        """Return whether this grant allows everything that the other one allows."""
        return self.action in {other.action, Action.ADMIN} and _matches(self.pattern, other.pattern)


_RULE = (
    "A grant is `read:`, `write:` or `admin:` and the name of a namespace (1 to 64 of a-z, 0-9, `.`, `_` and `-`,"
    " beginning with a letter or digit) or a prefix of one followed by `*`."
)
_RULE_OF_KEYS = (
    "A grant on keys is `read:` or `write:`, the name of a namespace without `*`, `/`, and a key or a prefix of one followed by"
    " `*`. In a key, all but A-Z, a-z, 0-9 and `-._~/:@` are percent-encoded bytes of UTF-8 with digits in upper case."
)


def reduce_grants(grants: Iterable[Grant]) -> tuple[Grant, ...]:
    """Return the grants, sorted, without those that another one covers."""
    distinct = sorted(set(grants))
    return tuple(grant for grant in distinct if not any(other.covers(grant) for other in distinct if other != grant))


def write_grant(action: Action, namespace: str, *, key: str = "", prefix: str = "") -> str:
    """Return the text of a grant: on one key, on the keys with a prefix or, without either, on the whole namespace."""
    if key:
        return f"{action}:{namespace}/{quote(key, _SAFE)}"
    return f"{action}:{namespace}/{quote(prefix, _SAFE)}*" if prefix else f"{action}:{namespace}"


class GrantedKeys:
    """The keys of a namespace that some grants allow an action on: single ones, and all those with certain prefixes."""

    __slots__ = ("_prefixes", "_single")

    def __init__(self, single: Iterable[str], prefixes: Iterable[str]) -> None:
        self._single = frozenset(single)
        self._prefixes: list[str] = []
        for prefix in sorted(prefixes):
            # None is left that begins with another one, so that of those before a key the last one alone can be its prefix.
            if not self._prefixes or not prefix.startswith(self._prefixes[-1]):
                self._prefixes.append(prefix)

    def __bool__(self) -> bool:
        return bool(self._single or self._prefixes)

    def __contains__(self, key: str) -> bool:
        return key in self._single or self.find_prefix(key) is not None

    def find_prefix(self, text: str) -> str | None:
        """Return the granted prefix that a text begins with, or None."""
        position = bisect_right(self._prefixes, text)
        if position and text.startswith(self._prefixes[position - 1]):
            return self._prefixes[position - 1]
        return None


EVERY_KEY: Final = GrantedKeys((), [""])

KeysByNamespace = Mapping[str, Mapping[Action, GrantedKeys]]


def find_granted_keys(scopes: Collection[str]) -> KeysByNamespace:
    """Return the keys that may be read or written in each of the namespaces in which the scopes of a token name keys."""
    naming_keys = [scope for scope in scopes if "/" in scope]
    if not naming_keys:  # the usual case
        return _NO_KEYS
    naming_none = [scope for scope in scopes if "/" not in scope]
    patterns: dict[str, dict[Action, list[str]]] = {}
    for scope in naming_keys:
        if not any(Grant.find_violations(scope)):
            action, _, pattern = scope.partition(":")
            namespace, _, key = pattern.partition("/")
            patterns.setdefault(namespace, {Action.READ: [], Action.WRITE: []})[Action(action)].append(key)
    return {
        namespace: {
            action: EVERY_KEY
            if is_allowed(naming_none, action, namespace)
            else GrantedKeys(
                (unquote(pattern) for pattern in several if not pattern.endswith("*")),
                (unquote(pattern[:-1]) for pattern in several if pattern.endswith("*")),
            )
            for action, several in by_action.items()
        }
        for namespace, by_action in patterns.items()
    }


_NO_KEYS: KeysByNamespace = {}
