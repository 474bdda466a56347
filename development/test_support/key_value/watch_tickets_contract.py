"""The contract of WatchTickets, for the implementations in memory and in Tarantool."""

import asyncio
import math
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from key_value_service.application.changes.watch_tickets import WatchTickets
from key_value_service.domain.exceptions import InvalidWatchTicketError, NoSuchNamespaceError, TooManyWatchTicketsError
from key_value_service.domain.value_objects.namespace_name import DEFAULT_NAMESPACE
from key_value_service.domain.value_objects.watch_ticket import LIFETIME_SECONDS, MAX_TICKETS_OF_USER, WatchTicket
from shared_kernel.application.authentication import Caller


def new_caller(**members: object) -> Caller:
    """Return a user whom no other test uses: tests may share one store."""
    return Caller(f"u-{uuid4().hex}", **{"scopes": frozenset({"read:default"}), **members})  # type: ignore[arg-type]


def new_digest() -> str:
    """Return the digest of a new ticket."""
    return WatchTicket.new().digest


class WatchTicketsContract:
    """Subclass it as `Test…`, with the fixture `tickets`, and `other`: the name of a namespace beside `default`."""

    @pytest.mark.parametrize(
        "members",
        [
            {},
            {"scopes": frozenset()},
            {
                "scopes": frozenset({"read:default/é %2A/*", "write:*", "admin:x"}), "session_id": "s", "issued_at": 1.5,
                "expires_at": 2**40, "key_id": "k", "as_of": 2**53,
            },
        ],
        ids=["least", "no scopes", "everything"],
    )  # fmt: skip
    async def test_ticket_returns_its_caller_once(self, tickets: WatchTickets, members: dict[str, object]) -> None:
        caller, digest = new_caller(**members), new_digest()
        expires_at = await tickets.keep(DEFAULT_NAMESPACE, digest, caller)
        assert abs(expires_at - datetime.now(UTC) - timedelta(seconds=LIFETIME_SECONDS)) < timedelta(seconds=5)
        found = await tickets.redeem(DEFAULT_NAMESPACE, digest)
        assert found == caller
        assert found.granted_keys == caller.granted_keys
        with pytest.raises(InvalidWatchTicketError):
            await tickets.redeem(DEFAULT_NAMESPACE, digest)

    async def test_token_without_an_expiry_keeps_none(self, tickets: WatchTickets) -> None:
        digest = new_digest()
        await tickets.keep(DEFAULT_NAMESPACE, digest, new_caller())
        assert (await tickets.redeem(DEFAULT_NAMESPACE, digest)).expires_at == math.inf

    async def test_ticket_is_redeemed_by_one_of_many(self, tickets: WatchTickets) -> None:
        digest = new_digest()
        await tickets.keep(DEFAULT_NAMESPACE, digest, new_caller())
        found = await asyncio.gather(*(tickets.redeem(DEFAULT_NAMESPACE, digest) for _ in range(20)), return_exceptions=True)
        assert sorted(type(one).__name__ for one in found) == ["Caller", *["InvalidWatchTicketError"] * 19]

    async def test_ticket_is_for_its_namespace(self, tickets: WatchTickets, other: str) -> None:
        digest = new_digest()
        await tickets.keep(DEFAULT_NAMESPACE, digest, new_caller())
        for namespace in (other, "absent", "NO NAME"):
            with pytest.raises(InvalidWatchTicketError):
                await tickets.redeem(namespace, digest)
        await tickets.redeem(DEFAULT_NAMESPACE, digest)

    async def test_ticket_that_was_never_kept_is_refused(self, tickets: WatchTickets) -> None:
        for digest in (new_digest(), "", "é"):
            with pytest.raises(InvalidWatchTicketError):
                await tickets.redeem(DEFAULT_NAMESPACE, digest)

    async def test_ticket_for_a_missing_namespace_is_not_kept(self, tickets: WatchTickets) -> None:
        with pytest.raises(NoSuchNamespaceError):
            await tickets.keep("absent", new_digest(), new_caller())

    async def test_user_has_at_most_so_many_unused_tickets(self, tickets: WatchTickets, other: str) -> None:
        caller, digests = new_caller(), [new_digest() for _ in range(MAX_TICKETS_OF_USER)]
        for number, digest in enumerate(digests):
            await tickets.keep((DEFAULT_NAMESPACE, other)[number % 2], digest, caller)
        with pytest.raises(TooManyWatchTicketsError) as refused:
            await tickets.keep(DEFAULT_NAMESPACE, new_digest(), caller)
        assert 1 <= refused.value.retry_after <= LIFETIME_SECONDS
        await tickets.keep(DEFAULT_NAMESPACE, new_digest(), new_caller())
        await tickets.redeem(DEFAULT_NAMESPACE, digests[0])
        await tickets.keep(DEFAULT_NAMESPACE, new_digest(), caller)
