"""Change of the caller's names and profile."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from authorization_service.application.auth.require_account import require_account
from authorization_service.application.clock import Now
from authorization_service.application.user.user_repository import UserRepository, get_by_id
from authorization_service.domain.entities.user import KEPT, Kept, User
from shared_kernel.application.authentication import Caller


@dataclass(frozen=True, slots=True)
class ChangeProfileRequest:
    """Changes to the caller's user; None removes the last name. `profile_patch` is a merge patch (RFC 7396)."""

    caller: Caller
    first_name: str | Kept = KEPT
    last_name: str | Kept | None = KEPT
    profile_patch: Mapping[str, object] | None = field(default_factory=dict, repr=False)


class ChangeProfile:
    """Change the caller's names and profile."""

    def __init__(self, users: UserRepository, now: Now) -> None:
        self._users = users
        self._now = now

    async def __call__(self, request: ChangeProfileRequest) -> User:
        """Store the change and return the changed user. After a concurrent change, it is applied to that one's result.

        Raises InsufficientScopeError, RulesBrokenError, NoSuchUserError, StoreUnavailableError or StoreFullError.
        """
        require_account(request.caller)
        while True:
            user = await get_by_id(self._users, request.caller.user_id)
            changed = user.describe(
                self._now(),
                first_name=request.first_name,
                last_name=request.last_name,
                profile_patch=request.profile_patch,
            )
            if changed is user or await self._users.change(changed):
                return changed
