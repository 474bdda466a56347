"""Authorization: what the scopes of an access token allow in which namespace."""

from collections.abc import Sequence

from key_value_service.domain.value_objects.namespace_name import check_namespace_name
from shared_kernel.application.authentication import Caller, InsufficientScopeError
from shared_kernel.domain.grants import Action, Grant, is_allowed, reduce_grants


def require(caller: Caller, action: Action, namespace: str) -> None:
    """Check that the caller may perform the action in the namespace, whether or not the namespace exists.

    Raises InsufficientScopeError, or RulesBrokenError if no namespace may have the name.
    """
    scope = f"{action}:{namespace}"
    # Nearly every token has exactly this scope.
    if scope in caller.scopes:
        return
    check_namespace_name(namespace)
    if not is_allowed(caller.scopes, action, namespace):
        raise InsufficientScopeError(scope)


def find_visible_patterns(caller: Caller) -> Sequence[str]:
    """Return the patterns, as in grants, of the namespaces in which the caller may perform any action.

    They are sorted, and no two of them match the same namespace.
    """
    anything = (scope.partition(":") for scope in caller.scopes if not any(Grant.find_violations(scope)))
    patterns = [grant.pattern for grant in reduce_grants(Grant(Action.READ, pattern) for _, _, pattern in anything)]
    return sorted(patterns, key=lambda pattern: pattern.removesuffix("*"))
