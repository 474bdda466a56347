"""Authorization of administrative operations."""

from enum import Enum

from authorization_service.application.auth.policy_repository import PolicyRepository
from authorization_service.application.user.user_repository import UserRepository
from authorization_service.domain.events.domain_event import BY_OPERATOR, Actor
from authorization_service.domain.exceptions import AdministratorRequiredError, SecondFactorOfAdministratorRequiredError
from authorization_service.domain.value_objects.scope import ADMINISTRATION_SCOPE
from shared_kernel.application.authentication import Caller, InsufficientScopeError


class Operator(Enum):
    """The person at the command line, who has the database's password and may do whatever administrators may."""

    OPERATOR = "operator"


OPERATOR = Operator.OPERATOR

Principal = Caller | Operator
"""Who asks for an administrative operation."""


class RequireAdministrator:
    """Called first by every use case for administrators.

    Reads the role from the store, so a demoted or disabled administrator is refused immediately. The token must carry the scope
    `administration`, too: an administrator's token with a narrower scope is for programs that do less.
    """

    def __init__(self, users: UserRepository, policies: PolicyRepository) -> None:
        self._users = users
        self._policies = policies

    async def __call__(self, principal: Principal) -> Actor:
        """Return who acts.

        Raises AdministratorRequiredError, InsufficientScopeError, SecondFactorOfAdministratorRequiredError or
        StoreUnavailableError.
        """
        if principal is OPERATOR:
            return BY_OPERATOR
        user = await self._users.find_by_id(principal.user_id)
        if user is None or not user.is_administrator:
            raise AdministratorRequiredError
        if ADMINISTRATION_SCOPE not in principal.scopes:
            if await self._policies.administrators_need_second_factor():
                raise SecondFactorOfAdministratorRequiredError
            raise InsufficientScopeError(ADMINISTRATION_SCOPE)
        return principal.user_id
