"""Listing and removal of second factors, and new recovery codes."""

from dataclasses import dataclass

from authorization_service.application.auth.confirm_identity import Confirmation, ConfirmIdentity
from authorization_service.application.auth.require_account import require_account
from authorization_service.application.auth.require_administrator import Principal, RequireAdministrator
from authorization_service.application.clock import Now
from authorization_service.application.factor.factor_repository import FactorRepository
from authorization_service.application.user.user_repository import UserRepository, get_by_id, get_named
from authorization_service.domain.entities.factor import Factor, Factors
from authorization_service.domain.events.domain_event import Actor
from authorization_service.domain.events.factors import FactorRemoved, RecoveryCodesReplaced
from authorization_service.domain.exceptions import NoSuchFactorError
from authorization_service.domain.value_objects.recovery_code import RecoveryCode, new_recovery_codes
from shared_kernel.application.authentication import Caller


class ListFactors:
    """List the caller's second factors."""

    def __init__(self, factors: FactorRepository) -> None:
        self._factors = factors

    async def __call__(self, caller: Caller) -> Factors:
        """Return the factors. Raises InsufficientScopeError or StoreUnavailableError."""
        require_account(caller)
        return await self._factors.find_of_user(caller.user_id)


@dataclass(frozen=True, slots=True)
class RemoveFactorRequest:
    """A factor of the caller, and the confirmation."""

    caller: Caller
    factor_id: str
    confirmation: Confirmation


class RemoveFactor:
    """Remove a second factor of the caller; with the last one, the recovery codes."""

    def __init__(self, users: UserRepository, confirm: ConfirmIdentity, factors: FactorRepository, now: Now) -> None:
        self._users = users
        self._confirm = confirm
        self._factors = factors
        self._now = now

    async def __call__(self, request: RemoveFactorRequest) -> None:
        """Remove the factor. Raises InsufficientScopeError, NoSuchFactorError, NoSuchUserError, StoreUnavailableError,
        or what ConfirmIdentity does.
        """
        require_account(request.caller)
        user_id = request.caller.user_id
        user = await get_by_id(self._users, user_id)
        await self._confirm(user, request.confirmation)
        kept = (await self._factors.find_of_user(user_id)).all
        factor = next((each for each in kept if str(each.id) == request.factor_id), None)
        if factor is None:
            raise NoSuchFactorError
        await self._factors.remove(user_id, factor.id, [_describe_removal(factor, self._now, by=user_id)])


class ReplaceRecoveryCodes:
    """Make new recovery codes for the caller."""

    def __init__(self, users: UserRepository, confirm: ConfirmIdentity, factors: FactorRepository, now: Now) -> None:
        self._users = users
        self._confirm = confirm
        self._factors = factors
        self._now = now

    async def __call__(self, caller: Caller, confirmation: Confirmation) -> tuple[RecoveryCode, ...]:
        """Return the codes; the earlier ones are not valid any more.

        Raises InsufficientScopeError, NoSuchFactorError for a user without a second factor, NoSuchUserError,
        StoreUnavailableError, StoreFullError, or what ConfirmIdentity does.
        """
        require_account(caller)
        user = await get_by_id(self._users, caller.user_id)
        await self._confirm(user, confirmation)
        codes = new_recovery_codes()
        replaced = RecoveryCodesReplaced(user_id=caller.user_id, occurred_at=self._now())
        await self._factors.replace_recovery_codes(caller.user_id, codes, [replaced])
        return codes


class RemoveFactorsOfUser:
    """Remove all second factors of a user that has lost them. Requires an administrator."""

    def __init__(
        self, require_administrator: RequireAdministrator, users: UserRepository, factors: FactorRepository, now: Now
    ) -> None:
        self._require_administrator = require_administrator
        self._users = users
        self._factors = factors
        self._now = now

    async def __call__(self, principal: Principal, username: str) -> None:
        """Remove the factors and the recovery codes. Raises NoSuchUserError or StoreUnavailableError."""
        by = await self._require_administrator(principal)
        user_id = str((await get_named(self._users, username)).id)
        kept = (await self._factors.find_of_user(user_id)).all
        await self._factors.remove_all(user_id, [_describe_removal(factor, self._now, by) for factor in kept])


def _describe_removal(factor: Factor, now: Now, by: Actor) -> FactorRemoved:
    return FactorRemoved(
        user_id=str(factor.user_id),
        occurred_at=now(),
        factor_id=str(factor.id),
        kind=factor.kind,
        name=factor.name.value,
        by=by,
    )
