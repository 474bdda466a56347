"""Who may do what: the scopes of the caller's access token decide."""

from shared_kernel.application.authentication import Caller, InsufficientScopeError
from shared_kernel.domain.grants import Action, is_allowed

DEFAULT_NAMESPACE = "default"


class Permission:
    """What a caller needs for an action in a namespace."""

    def __init__(self, action: Action, namespace: str) -> None:
        self._action = action
        self._namespace = namespace
        self._scope = f"{action}:{namespace}"

    def require(self, caller: Caller) -> None:
        """Return if the caller has it. Raises InsufficientScopeError."""
        # Nearly every token names it word for word.
        if self._scope not in caller.scopes and not is_allowed(caller.scopes, self._action, self._namespace):
            raise InsufficientScopeError(self._scope)
