"""What someone asks an access token to allow (RFC 6749, section 3.3)."""

from collections.abc import Collection, Iterable, Sequence

from authorization_service.domain.exceptions import InvalidScopeError
from shared_kernel.domain.grants import Grant
from shared_kernel.domain.rules import RulesBrokenError

# What administrators' tokens say beside their grants: that they may be used to administer this service.
ADMINISTRATION_SCOPE = "administration"
# Characters. What is asked for stands in the token, and too long a token is believed by nobody.
MAX_ASKED = 4096


def refuse_too_many(asked: str | None) -> None:
    """Raise InvalidScopeError where more is asked for than a token can carry."""
    if asked is not None and len(asked) > MAX_ASKED:
        raise InvalidScopeError


def narrow_scopes(allowed: Sequence[str], asked: str | None) -> tuple[str, ...]:
    """Return those of the scopes asked for, separated by spaces, that are allowed; all that are allowed where none is asked for.

    A scope is allowed that is among `allowed`, or that one of them covers. Raises InvalidScopeError where none is, or where more
    is asked for than a token can carry.
    """
    if asked is None:
        return tuple(allowed)
    refuse_too_many(asked)
    narrowed = _select(dict.fromkeys(asked.split(" ")), allowed)
    if not narrowed:
        raise InvalidScopeError
    return narrowed


def keep_scopes(allowed: Sequence[str], opened_for: str | None) -> tuple[str, ...]:
    """Return what is allowed by now of that for which a session was opened; None stands for all (RFC 6749, section 6)."""
    if opened_for is None:
        return tuple(allowed)
    asked = opened_for.split(" ")
    return tuple(dict.fromkeys((*_select(asked, allowed), *_select(allowed, asked))))


def _select(scopes: Iterable[str], allowed: Collection[str]) -> tuple[str, ...]:
    """Return those of the scopes that are among the allowed ones, or that one of these covers."""
    grants = [grant for grant in map(_parse, allowed) if grant is not None]
    return tuple(scope for scope in scopes if scope in allowed or _is_covered(scope, grants))


def _is_covered(scope: str, grants: Sequence[Grant]) -> bool:
    asked = _parse(scope)
    return asked is not None and any(grant.covers(asked) for grant in grants)


def _parse(scope: str) -> Grant | None:
    try:
        return Grant.parse(scope)
    except RulesBrokenError:
        return None
