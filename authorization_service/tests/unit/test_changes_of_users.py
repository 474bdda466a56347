"""Use cases for changes of users: authorization, events and ended sessions."""

from collections.abc import Iterable

import pytest

from authorization_service.application.auth.require_administrator import OPERATOR, RequireAdministrator
from authorization_service.application.user.administer_user import AdministerUser, AdministerUserRequest
from authorization_service.application.user.change_profile import ChangeProfile, ChangeProfileRequest
from authorization_service.application.user.delete_user import DeleteUser, DeleteUserRequest
from authorization_service.application.user.list_users import ListUsers, ListUsersRequest
from authorization_service.domain.entities.user import Role, User
from authorization_service.domain.events.people import ProfileChanged, RoleChanged, UserDeleted, UserDisabled, UserEnabled
from authorization_service.domain.exceptions import AdministratorRequiredError, LastAdministratorError, NoSuchUserError
from shared_kernel.application.authentication import Caller, InsufficientScopeError
from shared_kernel.application.availability import StoreUnavailableError
from test_support.authorization.fakes import (
    ADMINISTRATOR,
    AS_ADMINISTRATOR,
    NOON,
    REQUIRE_ADMINISTRATOR,
    FakePolicies,
    InMemoryUserRepository,
    make_user,
)

ANNA = make_user("Anna")
BY = str(ADMINISTRATOR.id)
CALLER = Caller(str(ANNA.id), frozenset())


class InterruptedUserRepository(InMemoryUserRepository):
    """Makes a concurrent change right before each of the first changes."""

    def __init__(self, users: Iterable[User], interruptions: int) -> None:
        super().__init__(users)
        self._left = interruptions

    async def change(self, user: User, *, ends_sessions: bool = False, kept_session_id: str | None = None) -> bool:
        """Store a changed user, unless interrupted."""
        if self._left:
            self._left -= 1
            stored = await self.find_by_id(str(user.id))
            assert stored is not None
            await super().change(stored.describe(NOON, profile_patch={f"n{self._left}": 1}))
        return await super().change(user, ends_sessions=ends_sessions, kept_session_id=kept_session_id)


@pytest.fixture
def users() -> InMemoryUserRepository:
    return InMemoryUserRepository([ANNA, ADMINISTRATOR])


@pytest.fixture
def administer(users: InMemoryUserRepository) -> AdministerUser:
    return AdministerUser(REQUIRE_ADMINISTRATOR, users, now=lambda: NOON)


async def test_event_of_a_changed_profile_names_the_fields(users: InMemoryUserRepository) -> None:
    change = ChangeProfile(users, now=lambda: NOON)
    await change(ChangeProfileRequest(CALLER, first_name="Bella", last_name="Petrova", profile_patch={"secret": "x"}))
    assert users.events == [ProfileChanged(user_id=str(ANNA.id), occurred_at=NOON, fields=("first_name", "profile"))]
    assert "secret" not in repr(users.events)
    assert users.ended_sessions == []


async def test_change_without_effect_has_no_event(users: InMemoryUserRepository) -> None:
    assert await ChangeProfile(users, now=lambda: NOON)(ChangeProfileRequest(CALLER, first_name="Anna")) == ANNA
    assert users.events == []


async def test_change_is_applied_after_concurrent_ones() -> None:
    users = InterruptedUserRepository([ANNA], interruptions=3)
    await ChangeProfile(users, now=lambda: NOON)(ChangeProfileRequest(CALLER, profile_patch={"mine": 1}))
    found = await users.find_by_id(str(ANNA.id))
    assert found is not None
    assert found.profile.value == {"n2": 1, "n1": 1, "n0": 1, "mine": 1}


async def test_profile_of_a_deleted_user_cannot_be_changed(users: InMemoryUserRepository) -> None:
    with pytest.raises(NoSuchUserError):
        await ChangeProfile(users, now=lambda: NOON)(ChangeProfileRequest(Caller("gone", frozenset()), first_name="Bella"))


async def test_disabling_ends_all_sessions_and_enabling_none(users: InMemoryUserRepository, administer: AdministerUser) -> None:
    await administer(AdministerUserRequest(AS_ADMINISTRATOR, "ANNA", is_enabled=False))
    assert users.ended_sessions == [(str(ANNA.id), None)]
    await administer(AdministerUserRequest(AS_ADMINISTRATOR, "anna", is_enabled=True))
    assert users.ended_sessions == [(str(ANNA.id), None)]
    assert users.events == [
        UserDisabled(user_id=str(ANNA.id), occurred_at=NOON, by=BY),
        UserEnabled(user_id=str(ANNA.id), occurred_at=NOON, by=BY),
    ]


async def test_role_and_state_may_change_together(users: InMemoryUserRepository, administer: AdministerUser) -> None:
    user = await administer(AdministerUserRequest(AS_ADMINISTRATOR, "anna", is_enabled=False, role=Role.ADMINISTRATOR))
    assert (user.is_enabled, user.role, user.is_administrator) == (False, Role.ADMINISTRATOR, False)
    assert [type(event) for event in users.events] == [UserDisabled, RoleChanged]


async def test_unchanged_state_has_no_event(users: InMemoryUserRepository, administer: AdministerUser) -> None:
    await administer(AdministerUserRequest(AS_ADMINISTRATOR, "anna", is_enabled=True, role=Role.MEMBER))
    await administer(AdministerUserRequest(AS_ADMINISTRATOR, "anna"))
    assert users.events == []


async def test_user_is_disabled_despite_a_concurrent_change() -> None:
    users = InterruptedUserRepository([ANNA, ADMINISTRATOR], interruptions=2)
    user = await AdministerUser(REQUIRE_ADMINISTRATOR, users, now=lambda: NOON)(
        AdministerUserRequest(AS_ADMINISTRATOR, "anna", is_enabled=False)
    )
    assert user.profile.value == {"n1": 1, "n0": 1}
    assert not user.is_enabled


@pytest.mark.parametrize("change", [{"is_enabled": False}, {"role": Role.MEMBER}])
async def test_last_administrator_cannot_be_changed(
    users: InMemoryUserRepository, administer: AdministerUser, change: dict[str, object]
) -> None:
    with pytest.raises(LastAdministratorError):
        await administer(AdministerUserRequest(AS_ADMINISTRATOR, "admin", **change))  # type: ignore[arg-type]
    with pytest.raises(LastAdministratorError):
        await DeleteUser(REQUIRE_ADMINISTRATOR, users, now=lambda: NOON)(DeleteUserRequest(AS_ADMINISTRATOR, "admin"))
    assert users.events == []


async def test_event_of_a_deleted_user_has_its_name(users: InMemoryUserRepository) -> None:
    await DeleteUser(REQUIRE_ADMINISTRATOR, users, now=lambda: NOON)(DeleteUserRequest(AS_ADMINISTRATOR, "anna"))
    assert users.events == [UserDeleted(user_id=str(ANNA.id), occurred_at=NOON, by=BY, username="Anna")]
    assert await users.find_by_username("anna") is None


@pytest.mark.parametrize("username", ["bella", "", "a" * 65, "я"])
async def test_unknown_user_is_not_administered(users: InMemoryUserRepository, administer: AdministerUser, username: str) -> None:
    with pytest.raises(NoSuchUserError):
        await administer(AdministerUserRequest(AS_ADMINISTRATOR, username, is_enabled=False))
    with pytest.raises(NoSuchUserError):
        await DeleteUser(REQUIRE_ADMINISTRATOR, users, now=lambda: NOON)(DeleteUserRequest(AS_ADMINISTRATOR, username))


async def test_store_is_not_asked_for_an_impossible_prefix(users: InMemoryUserRepository) -> None:
    users.is_available = False
    assert await ListUsers(REQUIRE_ADMINISTRATOR, users)(ListUsersRequest(AS_ADMINISTRATOR, "a" * 255, "", 10)) == ()


async def test_administrator_is_authorized(users: InMemoryUserRepository) -> None:
    assert await RequireAdministrator(users, FakePolicies())(AS_ADMINISTRATOR) == BY


async def test_operator_is_authorized_without_a_user(users: InMemoryUserRepository) -> None:
    users.is_available = False
    assert await RequireAdministrator(users, FakePolicies())(OPERATOR) is None


async def test_administrators_token_with_a_narrower_scope_is_refused(users: InMemoryUserRepository) -> None:
    with pytest.raises(InsufficientScopeError) as refused:
        await RequireAdministrator(users, FakePolicies())(Caller(BY, frozenset({"admin:*"})))
    assert refused.value.scope == "administration"


@pytest.mark.parametrize("user_id", [str(ANNA.id), "a-client", ""], ids=["a user", "a client", "nobody"])
async def test_others_are_not_authorized(users: InMemoryUserRepository, user_id: str) -> None:
    with pytest.raises(AdministratorRequiredError):
        await RequireAdministrator(users, FakePolicies())(Caller(user_id, frozenset({"admin:*", "administration"})))


async def test_disabled_administrator_is_not_authorized(users: InMemoryUserRepository) -> None:
    disabled = make_user("other", role=Role.ADMINISTRATOR, is_enabled=False)
    await users.add(disabled)
    with pytest.raises(AdministratorRequiredError):
        await RequireAdministrator(users, FakePolicies())(Caller(str(disabled.id), frozenset({"administration"})))


async def test_nobody_is_authorized_while_the_store_is_unavailable(users: InMemoryUserRepository) -> None:
    users.is_available = False
    with pytest.raises(StoreUnavailableError):
        await RequireAdministrator(users, FakePolicies())(Caller(BY, frozenset()))
