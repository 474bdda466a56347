"""Who may do what in which namespace: the scopes of the caller's access token decide."""

from collections.abc import Sequence

from shared_kernel.application.authentication import Caller, InsufficientScopeError
from shared_kernel.domain.grants import MAX_NAMESPACE, Action, Grant, is_allowed, is_namespace, reduce_grants
from shared_kernel.domain.rules import RulesBrokenError, Violation

DEFAULT_NAMESPACE = "default"


def require(caller: Caller, action: Action, namespace: str) -> None:
    """Return if the caller may do this in the namespace, whether or not there is such a namespace.

    Raises InsufficientScopeError, or RulesBrokenError if no namespace can have the name.
    """
    scope = f"{action}:{namespace}"
    # Nearly every token names it word for word.
    if scope in caller.scopes:
        return
    if not is_namespace(namespace):
        message = f"A name has 1 to {MAX_NAMESPACE} of a-z, 0-9, `.`, `_` and `-`, the first of them a letter or digit."
        raise RulesBrokenError([Violation("namespace", "namespace", message)])
    if not is_allowed(caller.scopes, action, namespace):
        raise InsufficientScopeError(scope)


def find_visible(caller: Caller) -> Sequence[str]:
    """Return the patterns, as grants have them, of the namespaces in which the caller may do anything.

    They come in order, and no two of them stand for the same namespace.
    """
    anything = (scope.partition(":") for scope in caller.scopes if not any(Grant.find_violations(scope)))
    patterns = [grant.pattern for grant in reduce_grants(Grant(Action.READ, pattern) for _, _, pattern in anything)]
    return sorted(patterns, key=lambda pattern: pattern.removesuffix("*"))
