"""The requirement of a second factor for administrators."""

from authorization_service.application.auth.policy_repository import PolicyRepository
from authorization_service.application.auth.require_administrator import Principal, RequireAdministrator
from authorization_service.application.clock import Now
from authorization_service.domain.events.factors import SecondFactorPolicyChanged


class ShowSecondFactorPolicy:
    """Show whether administrators need a second factor. Requires an administrator."""

    def __init__(self, require_administrator: RequireAdministrator, policies: PolicyRepository) -> None:
        self._require_administrator = require_administrator
        self._policies = policies

    async def __call__(self, principal: Principal) -> bool:
        """Return whether it is needed. Raises StoreUnavailableError."""
        await self._require_administrator(principal)
        return await self._policies.administrators_need_second_factor()


class ChangeSecondFactorPolicy:
    """Require a second factor of administrators, or no longer. Requires an administrator.

    Tokens of sessions that were opened without one no longer have the scope `administration`. Such an administrator may still log
    in, to add a factor.
    """

    def __init__(self, require_administrator: RequireAdministrator, policies: PolicyRepository, now: Now) -> None:
        self._require_administrator = require_administrator
        self._policies = policies
        self._now = now

    async def __call__(self, principal: Principal, *, is_needed: bool) -> None:
        """Store the policy; it holds at once, since administrators' access tokens are revoked. Raises StoreUnavailableError."""
        by = await self._require_administrator(principal)
        changed = SecondFactorPolicyChanged(user_id=by, occurred_at=self._now(), is_needed=is_needed, by=by)
        await self._policies.set_administrators_need_second_factor(is_needed, [changed])
