"""Claims about a user (OpenID Connect Core 1.0, section 5.1)."""

from authorization_service.application.user.user_repository import UserRepository
from authorization_service.domain.entities.user import User
from authorization_service.domain.exceptions import NoSuchUserError
from authorization_service.domain.value_objects.identity_scopes import EMAIL, OPENID, PROFILE
from shared_kernel.application.authentication import Caller, InsufficientScopeError


class DescribeUser:
    """Describe the caller's user to a client, as far as the token's scopes allow (section 5.4)."""

    def __init__(self, users: UserRepository) -> None:
        self._users = users

    async def __call__(self, caller: Caller) -> dict[str, str | bool]:
        """Return the claims. Raises InsufficientScopeError without the scope `openid`, NoSuchUserError, StoreUnavailableError."""
        if OPENID not in caller.scopes:
            raise InsufficientScopeError(OPENID)
        user = await self._users.find_by_id(caller.user_id)
        if user is None:
            raise NoSuchUserError
        claims: dict[str, str | bool] = {"sub": caller.user_id}
        if PROFILE in caller.scopes:
            claims |= _describe_profile(user)
        if EMAIL in caller.scopes and user.username.is_email:
            claims |= {"email": user.username.value, "email_verified": False}
        return claims


def _describe_profile(user: User) -> dict[str, str | bool]:
    names = [user.first_name.value, *([] if user.last_name is None else [user.last_name.value])]
    claims: dict[str, str | bool] = {
        "name": " ".join(names), "given_name": names[0], "preferred_username": user.username.value,
    }  # fmt: skip
    return claims if user.last_name is None else claims | {"family_name": user.last_name.value}
