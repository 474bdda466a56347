"""Demo data are created once, and completed if parts are missing."""

from uuid import uuid4

import pytest

from authorization_service.application.grant.change_grants import GiveGrant, TakeGrant
from authorization_service.application.grant.show_grants import ShowRights
from authorization_service.application.group.groups import CreateGroup
from authorization_service.application.group.memberships import AddMember
from authorization_service.application.user.make_demo_data import MakeDemoData
from authorization_service.application.user.register_user import RegisterUser
from shared_kernel.domain.grants import Grant
from test_support.authorization.fake_rights import InMemoryGrantRepository, InMemoryGroupRepository
from test_support.authorization.fakes import NOON, REQUIRE_ADMINISTRATOR, RULES, InMemoryUserRepository, RecordingPasswordHasher

WHOLE = {
    "demo-reader": ("read:default",),
    "demo-writer": ("read:default", "read:demo-*", "write:default", "write:demo-*"),
}


class Store:
    """A service whose new users have these grants."""

    def __init__(self, new_user_grants: str) -> None:
        grants = tuple(map(Grant.parse, new_user_grants.split()))
        self.users = InMemoryUserRepository()
        self.hasher = RecordingPasswordHasher()
        self._groups = InMemoryGroupRepository(self.users)
        self._grants = InMemoryGrantRepository(self.users, self._groups)
        self.take = TakeGrant(REQUIRE_ADMINISTRATOR, self.users, self._grants, lambda: NOON)
        self.make = MakeDemoData(
            RegisterUser(self.users, RULES, self.hasher, uuid4, lambda: NOON, grants),
            CreateGroup(REQUIRE_ADMINISTRATOR, self._groups, lambda: NOON),
            AddMember(REQUIRE_ADMINISTRATOR, self.users, self._groups, lambda: NOON),
            GiveGrant(REQUIRE_ADMINISTRATOR, self.users, self._grants, lambda: NOON),
            self.take,
            ShowRights(REQUIRE_ADMINISTRATOR, self.users, self._grants),
        )


@pytest.mark.parametrize("new_user_grants", ["", "read:default write:default"])
async def test_demo_data_are_the_same_whatever_grants_new_users_have(new_user_grants: str) -> None:
    store = Store(new_user_grants)
    made = await store.make()
    assert made.scopes == WHOLE
    assert made.new_users == ("demo-reader", "demo-writer")
    found = await store.users.find_by_username("demo-reader")
    assert found is not None
    assert await store.hasher.verify(made.password, found.password_hash)


async def test_second_run_changes_nothing() -> None:
    store = Store("read:default write:default")
    await store.make()
    happened = list(store.users.events)
    again = await store.make()
    assert (again.scopes, again.new_users) == (WHOLE, ())
    assert store.users.events == happened


async def test_deleted_user_is_created_again() -> None:
    store = Store("")
    await store.make()
    reader = await store.users.find_by_username("demo-reader")
    assert reader is not None
    assert await store.users.remove(reader)
    again = await store.make()
    assert (again.scopes, again.new_users) == (WHOLE, ("demo-reader",))


async def test_representation_does_not_show_the_password() -> None:
    made = await Store("").make()
    assert made.password not in repr(made)
