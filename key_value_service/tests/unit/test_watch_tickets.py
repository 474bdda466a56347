"""Tickets by which browsers watch: the use cases, and the contract of the in-memory WatchTickets."""

import hashlib

import pytest

from key_value_service.application.changes.create_watch_ticket import CreateWatchTicket
from key_value_service.application.changes.redeem_watch_ticket import RedeemWatchTicket
from key_value_service.domain.exceptions import InvalidWatchTicketError, NoSuchNamespaceError
from key_value_service.domain.value_objects.namespace_name import DEFAULT_NAMESPACE
from key_value_service.domain.value_objects.watch_ticket import WatchTicket
from shared_kernel.application.authentication import Caller, InsufficientScopeError
from test_support.key_value.in_memory_watch_tickets import InMemoryWatchTickets
from test_support.key_value.watch_tickets_contract import WatchTicketsContract

READER = Caller("anna", frozenset({"read:default"}), "session", 1.0, 2.0, "key", 3)


@pytest.fixture
def tickets() -> InMemoryWatchTickets:
    return InMemoryWatchTickets()


class TestInMemoryWatchTickets(WatchTicketsContract):
    @pytest.fixture
    def other(self) -> str:
        return "other"


class Verifier:
    """Implements AccessTokenVerifier: all tokens are valid, or none."""

    def __init__(self, *, is_valid: bool) -> None:
        self.is_valid = is_valid

    def verify(self, token: str) -> Caller:
        raise NotImplementedError(token)

    def is_still_valid(self, caller: Caller) -> bool:
        assert caller == READER
        return self.is_valid


async def test_ticket_is_good_for_its_caller_as_long_as_the_token_is_valid(tickets: InMemoryWatchTickets) -> None:
    ticket = (await CreateWatchTicket(tickets)(READER, DEFAULT_NAMESPACE)).ticket
    assert await RedeemWatchTicket(tickets, Verifier(is_valid=True))(DEFAULT_NAMESPACE, ticket) == READER
    ticket = (await CreateWatchTicket(tickets)(READER, DEFAULT_NAMESPACE)).ticket
    for is_valid in (False, True):
        with pytest.raises(InvalidWatchTicketError):
            await RedeemWatchTicket(tickets, Verifier(is_valid=is_valid))(DEFAULT_NAMESPACE, ticket)


async def test_tickets_are_random_and_show_nothing_of_themselves() -> None:
    tickets = {WatchTicket.new().text for _ in range(1000)}
    assert len(tickets) == 1000
    assert {len(ticket) for ticket in tickets} == {43}
    one = WatchTicket.new()
    assert one.text not in repr(one)
    assert one.digest == hashlib.sha256(one.text.encode()).hexdigest()


async def test_ticket_requires_the_scope_on_some_keys(tickets: InMemoryWatchTickets) -> None:
    create = CreateWatchTicket(tickets)
    for scopes in ({"read:default/in/*"}, {"read:*"}, {"admin:default"}):
        await create(Caller("anna", frozenset(scopes)), DEFAULT_NAMESPACE)
    for scopes in (set(), {"write:default"}, {"write:default/in/*"}, {"read:other"}):
        for namespace in (DEFAULT_NAMESPACE, "absent"):
            with pytest.raises(InsufficientScopeError):
                await create(Caller("anna", frozenset(scopes)), namespace)
    with pytest.raises(NoSuchNamespaceError):
        await create(Caller("anna", frozenset({"read:*"})), "absent")
