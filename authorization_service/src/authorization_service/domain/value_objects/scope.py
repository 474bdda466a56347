"""What someone asks an access token to allow (RFC 6749, section 3.3)."""

from collections.abc import Sequence

from authorization_service.domain.exceptions import InvalidScopeError
from shared_kernel.domain.grants import Grant
from shared_kernel.domain.rules import RulesBrokenError


def narrow_scopes(allowed: Sequence[str], asked: str | None) -> tuple[str, ...]:
    """Return those of the scopes asked for, separated by spaces, that are allowed; all that are allowed where none is asked for.

    A scope is allowed that is among `allowed`, or that one of them covers. Raises InvalidScopeError where none is.
    """
    if asked is None:
        return tuple(allowed)
    grants = [grant for grant in map(_parse, allowed) if grant is not None]
    narrowed = tuple(scope for scope in dict.fromkeys(asked.split(" ")) if scope in allowed or _is_covered(scope, grants))
    if not narrowed:
        raise InvalidScopeError
    return narrowed


def _is_covered(scope: str, grants: Sequence[Grant]) -> bool:
    asked = _parse(scope)
    return asked is not None and any(grant.covers(asked) for grant in grants)


def _parse(scope: str) -> Grant | None:
    try:
        return Grant.parse(scope)
    except RulesBrokenError:
        return None
