"""Display of the caller's user."""

import pytest

from authorization_service.application.user.show_user import ShowUser
from authorization_service.domain.exceptions import NoSuchUserError
from shared_kernel.application.authentication import Caller
from shared_kernel.application.availability import StoreUnavailableError
from test_support.authorization.fakes import InMemoryUserRepository, make_user


async def test_a_caller_is_shown_its_own_user() -> None:
    anna, bella = make_user("anna"), make_user("bella")
    show_user = ShowUser(InMemoryUserRepository([anna, bella]))
    assert await show_user(Caller(str(bella.id), frozenset())) == bella


@pytest.mark.parametrize("user_id", ["", "anna", "00000000-0000-0000-0000-000000000000"])
async def test_caller_without_a_user_is_not_found(user_id: str) -> None:
    with pytest.raises(NoSuchUserError):
        await ShowUser(InMemoryUserRepository([make_user("anna")]))(Caller(user_id, frozenset()))


async def test_unavailable_store_is_not_mistaken_for_an_unknown_user() -> None:
    users = InMemoryUserRepository()
    users.is_available = False
    with pytest.raises(StoreUnavailableError):
        await ShowUser(users)(Caller("anna", frozenset()))
