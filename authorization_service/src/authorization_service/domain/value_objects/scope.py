"""What someone asks an access token to allow (RFC 6749, section 3.3)."""

from collections.abc import Sequence

from authorization_service.domain.exceptions import InvalidScopeError
from shared_kernel.domain.grants import Grant
from shared_kernel.domain.rules import RulesBrokenError

# What administrators' tokens say beside their grants: that they may be used to administer this service.
ADMINISTRATION_SCOPE = "administration"
# Characters. What is asked for stands in the token, and too long a token is believed by nobody.
LONGEST_ASKED = 4096


def narrow_scopes(allowed: Sequence[str], asked: str | None) -> tuple[str, ...]:
    """Return those of the scopes asked for, separated by spaces, that are allowed; all that are allowed where none is asked for.

    A scope is allowed that is among `allowed`, or that one of them covers. Raises InvalidScopeError where none is, or where more
    is asked for than a token can carry.
    """
    if asked is None:
        return tuple(allowed)
    if len(asked) > LONGEST_ASKED:
        raise InvalidScopeError
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
