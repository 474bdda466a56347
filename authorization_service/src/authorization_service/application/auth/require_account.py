"""Authorization of what users do with their own accounts."""

from authorization_service.domain.value_objects.identity_scopes import ACCOUNT
from shared_kernel.application.authentication import Caller, InsufficientScopeError


def require_account(caller: Caller) -> None:
    """Raise InsufficientScopeError if a client acts for the user and has not been granted the scope `account`."""
    if caller.client_id and ACCOUNT not in caller.scopes:
        raise InsufficientScopeError(ACCOUNT)
