"""Authorization: what the scopes of an access token allow in which namespace, and on which of its keys.

Whether a pair or a namespace exists makes no difference to any of these.
"""

from collections.abc import Iterable, Sequence
from itertools import chain

from key_value_service.domain.value_objects.key import check_key
from key_value_service.domain.value_objects.key_range import KeyRange
from key_value_service.domain.value_objects.namespace_name import check_namespace_name
from shared_kernel.application.authentication import Caller, InsufficientScopeError
from shared_kernel.domain.grants import EVERY_KEY, Action, Grant, GrantedKeys, is_allowed, reduce_grants, write_grant

EVERY_NAMESPACE = "*"


def require(caller: Caller, action: Action, namespace: str) -> None:
    """Check that the caller may perform the action in the whole namespace.

    Raises InsufficientScopeError, or RulesBrokenError if no namespace may have the name.
    """
    scope = f"{action}:{namespace}"
    # Nearly every token has exactly this scope.
    if scope in caller.scopes:
        return
    check_namespace_name(namespace)
    if not is_allowed(caller.scopes, action, namespace):
        raise InsufficientScopeError(scope)


def require_everywhere(caller: Caller, action: Action) -> None:
    """Check that the caller may perform the action in all namespaces. Raises InsufficientScopeError."""
    if not is_allowed(caller.scopes, action, EVERY_NAMESPACE):
        raise InsufficientScopeError(f"{action}:{EVERY_NAMESPACE}")


def require_keys(caller: Caller, action: Action, namespace: str, *groups: Iterable[str]) -> None:
    """Check that the caller may perform the action on each of the keys.

    Raises InsufficientScopeError, which names the first missing scope, or RulesBrokenError for what no namespace or key may be.
    """
    if f"{action}:{namespace}" in caller.scopes:
        return
    granted = _find_keys(caller, action, namespace)
    if granted is EVERY_KEY:
        return
    for key in chain.from_iterable(groups):
        if key not in granted:
            check_key(key)
            raise InsufficientScopeError(write_grant(action, namespace, key=key))


def require_range(
    caller: Caller, action: Action, namespace: str, prefix: str = "", start: str = "", end: str | None = None
) -> None:
    """Check that the caller may perform the action on all keys of a range (see `KeyRange.of`), whether or not there are any.

    Raises InsufficientScopeError, or RulesBrokenError if no namespace may have the name or there is no such range.
    """
    if f"{action}:{namespace}" in caller.scopes:
        return
    granted = _find_keys(caller, action, namespace)
    if granted.find_prefix(prefix) is not None:
        return
    keys = KeyRange.of(prefix, start, end)
    outer = granted.find_prefix(keys.first)
    if outer is None or not keys.is_within(outer):
        raise InsufficientScopeError(write_grant(action, namespace, prefix=prefix))


def require_some(caller: Caller, action: Action, namespace: str) -> GrantedKeys:
    """Return the keys that the caller may perform the action on: EVERY_KEY, if not only some.

    Raises InsufficientScopeError if there are none, or RulesBrokenError if no namespace may have the name.
    """
    granted = _find_keys(caller, action, namespace)
    if not granted:
        raise InsufficientScopeError(write_grant(action, namespace))
    return granted


def _find_keys(caller: Caller, action: Action, namespace: str) -> GrantedKeys:
    """Return the keys that the caller may perform the action on.

    Raises InsufficientScopeError if no scope names the namespace or keys of it, or RulesBrokenError.
    """
    some = caller.granted_keys.get(namespace)
    if some is not None:
        return some[action]
    require(caller, action, namespace)
    return EVERY_KEY


def allows(caller: Caller, action: Action, namespace: str, key: str) -> bool:
    """Return whether the caller may perform the action on the key."""
    some = caller.granted_keys.get(namespace)
    return is_allowed(caller.scopes, action, namespace) if some is None else key in some[action]


def find_visible_patterns(caller: Caller) -> Sequence[str]:
    """Return the patterns, as in grants, of the namespaces in which the caller may perform any action, if only on some keys.

    They are sorted, and no two of them match the same namespace.
    """
    grants = (Grant.parse(scope) for scope in caller.scopes if not any(Grant.find_violations(scope)))
    patterns = [grant.pattern for grant in reduce_grants(Grant(Action.READ, grant.namespaces) for grant in grants)]
    return sorted(patterns, key=lambda pattern: pattern.removesuffix("*"))
