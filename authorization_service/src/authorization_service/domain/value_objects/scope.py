"""Requested scopes of access tokens (RFC 6749, section 3.3)."""

from collections.abc import Collection, Iterable, Sequence

from authorization_service.domain.exceptions import InvalidScopeError
from shared_kernel.domain.grants import Grant
from shared_kernel.domain.rules import RulesBrokenError

# A scope of administrators' tokens beside their grants: allows administering this service.
ADMINISTRATION_SCOPE = "administration"
# Characters. The requested scopes are in the token, and verifiers reject a token that is too long.
MAX_REQUESTED = 4096


def refuse_if_too_long(requested: str | None) -> None:
    """Raise InvalidScopeError if more is requested than a token can carry."""
    if requested is not None and len(requested) > MAX_REQUESTED:
        raise InvalidScopeError


def narrow_scopes(allowed: Sequence[str], requested: str | None) -> tuple[str, ...]:
    """Return those of the requested scopes, separated by spaces, that are allowed; all allowed ones if None is requested.

    A scope is allowed if it is among `allowed`, or if one of them covers it. Raises InvalidScopeError if none is allowed, or if
    more is requested than a token can carry.
    """
    if requested is None:
        return tuple(allowed)
    refuse_if_too_long(requested)
    narrowed = _select(dict.fromkeys(requested.split(" ")), allowed)
    if not narrowed:
        raise InvalidScopeError
    return narrowed


def keep_scopes(allowed: Sequence[str], session_scope: str | None) -> tuple[str, ...]:
    """Return the scopes of a session, None for all, as far as they are still allowed (RFC 6749, section 6)."""
    if session_scope is None:
        return tuple(allowed)
    requested = session_scope.split(" ")
    return tuple(dict.fromkeys((*_select(requested, allowed), *_select(allowed, requested))))


def _select(scopes: Iterable[str], allowed: Collection[str]) -> tuple[str, ...]:
    """Return those of the scopes that are among the allowed ones or covered by one of them."""
    grants = [grant for grant in map(_parse, allowed) if grant is not None]
    return tuple(scope for scope in scopes if scope in allowed or _is_covered(scope, grants))


def _is_covered(scope: str, grants: Sequence[Grant]) -> bool:
    requested = _parse(scope)
    return requested is not None and any(grant.covers(requested) for grant in grants)


def _parse(scope: str) -> Grant | None:
    try:
        return Grant.parse(scope)
    except RulesBrokenError:
        return None
