"""The contract of AttemptRepository. A subclass defines how one is created, as a fixture."""

import asyncio
import itertools
from collections.abc import Callable, Sequence
from datetime import timedelta
from types import NoneType
from uuid import uuid4

import pytest

from authorization_service.application.auth.attempt_repository import AttemptRepository
from authorization_service.domain.attempts import Attempt, AttemptPolicy
from authorization_service.domain.events.people import UserUnlocked
from authorization_service.domain.events.sessions import Refusal
from shared_kernel.application.availability import TooManyAttemptsError
from test_support.authorization.fake_attempts import Clock
from test_support.authorization.fakes import NOON
from test_support.authorization.user_repository_contract import unused_name

SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)

Make = Callable[[AttemptPolicy], AttemptRepository]
# Returns types and data of the events that concern a user, in order; for None, of those that concern no known user.
ReadRecorded = Callable[[str | None], Sequence[tuple[str, dict[str, str]]]]

_numbers = itertools.count(1)


def new_address() -> str:
    """Return an address that no other test uses."""
    high, low = divmod(next(_numbers), 250)
    return f"198.18.{high}.{low}"


async def fail(attempts: AttemptRepository, attempt: Attempt) -> None:
    """Make an attempt with a wrong password."""
    await attempts.reserve(attempt)
    await attempts.fail(attempt, Refusal.WRONG_PASSWORD)


async def succeed(attempts: AttemptRepository, attempt: Attempt) -> None:
    """Make an attempt with the right password, which takes some time to verify."""
    await attempts.reserve(attempt)
    await asyncio.sleep(0.01)
    await attempts.succeed(attempt)


async def count_admitted(attempts: AttemptRepository, attempt: Attempt, tries: int) -> int:
    """Return how many of that many concurrent attempts with a wrong password are admitted."""
    results = await asyncio.gather(*(fail(attempts, attempt) for _ in range(tries)), return_exceptions=True)
    assert {type(result) for result in results} <= {NoneType, TooManyAttemptsError}
    return results.count(None)


async def fail_until_refused(attempts: AttemptRepository, attempt: Attempt) -> int:
    """Fail until refused; return the seconds to wait."""
    while True:
        try:
            await fail(attempts, attempt)
        except TooManyAttemptsError as error:
            return error.retry_after


def select_refusals_by_limits(recorded: Sequence[tuple[str, dict[str, str]]]) -> list[tuple[str, dict[str, str]]]:
    return [(kind, data) for kind, data in recorded if data["reason"] == Refusal.TOO_MANY_ATTEMPTS]


def refused(attempt: Attempt, reason: Refusal) -> tuple[str, dict[str, str]]:
    return "LoginRefused", {"reason": reason, "address": attempt.address}


class AttemptRepositoryContract:
    """Inherit it as `Test…` and define the fixtures `make` and `read_recorded`."""

    @pytest.fixture
    def clock(self) -> Clock:
        return Clock()

    @pytest.fixture
    def attempt(self) -> Attempt:
        return Attempt.at(unused_name(), new_address(), str(uuid4()))

    async def test_of_fifty_concurrent_attempts_only_the_allowed_ones_are_admitted(self, make: Make, attempt: Attempt) -> None:
        assert await count_admitted(make(AttemptPolicy(free=7)), attempt, 50) == 7
        assert await count_admitted(make(AttemptPolicy(free=7)), attempt, 50) == 0

    async def test_right_passwords_at_the_same_time_do_not_refuse_each_other(self, make: Make, attempt: Attempt) -> None:
        attempts = make(AttemptPolicy(free=3))
        await asyncio.gather(*(succeed(attempts, attempt) for _ in range(30)))
        assert await count_admitted(attempts, attempt, 50) == 3

    async def test_right_passwords_after_failures_do_not_refuse_each_other(
        self, make: Make, attempt: Attempt, clock: Clock
    ) -> None:
        attempts = make(AttemptPolicy(free=3))
        clock.go_on(await fail_until_refused(attempts, attempt) * SECOND)
        await asyncio.gather(*(succeed(attempts, attempt) for _ in range(30)))

    async def test_right_passwords_of_many_users_at_one_address_do_not_refuse_each_other(
        self, make: Make, attempt: Attempt
    ) -> None:
        attempts = make(AttemptPolicy(per_address=4))
        await asyncio.gather(*(succeed(attempts, attempt._replace(account=unused_name())) for _ in range(30)))
        assert await count_admitted(attempts, attempt._replace(account=unused_name()), 1) == 1

    async def test_right_passwords_from_many_addresses_do_not_refuse_each_other(self, make: Make, attempt: Attempt) -> None:
        attempts = make(AttemptPolicy(per_account=4))
        await asyncio.gather(*(succeed(attempts, attempt._replace(network=new_address())) for _ in range(30)))

    async def test_attempt_waits_for_those_under_way_and_is_refused_once_they_have_failed(
        self, make: Make, attempt: Attempt
    ) -> None:
        attempts = make(AttemptPolicy(free=3))
        for _ in range(3):
            await attempts.reserve(attempt)
        waiting = asyncio.create_task(attempts.reserve(attempt))
        for _ in range(3):
            await asyncio.sleep(0.05)
            assert not waiting.done()
            await attempts.fail(attempt, Refusal.WRONG_PASSWORD)
        with pytest.raises(TooManyAttemptsError):
            await waiting

    async def test_flood_of_guesses_at_many_accounts_is_bounded_while_they_are_verified(
        self, make: Make, attempt: Attempt
    ) -> None:
        attempts = make(AttemptPolicy(per_address=20))
        guesses = (fail(attempts, attempt._replace(account=unused_name())) for _ in range(50))
        results = await asyncio.gather(*guesses, return_exceptions=True)
        assert results.count(None) == 10

    async def test_right_password_among_guesses_admits_no_more_of_them_than_one_after_another(
        self, make: Make, attempt: Attempt
    ) -> None:
        attempts = make(AttemptPolicy(free=3))
        tries = [(succeed if number == 20 else fail)(attempts, attempt) for number in range(50)]
        results = await asyncio.gather(*tries, return_exceptions=True)
        right = results.pop(20)
        assert results.count(None) <= (6 if right is None else 3)

    async def test_delay_doubles_with_each_failure_up_to_the_maximum(self, make: Make, attempt: Attempt, clock: Clock) -> None:
        attempts = make(AttemptPolicy(free=3, first_delay=10 * SECOND, max_delay=15 * MINUTE))
        waits = []
        for _ in range(10):
            waits.append(await fail_until_refused(attempts, attempt))
            clock.go_on(waits[-1] * SECOND)
        assert waits == [10, 20, 40, 80, 160, 320, 640, 900, 900, 900]

    async def test_no_attempt_is_allowed_before_the_delay_is_over(self, make: Make, attempt: Attempt, clock: Clock) -> None:
        attempts = make(AttemptPolicy(free=1, first_delay=10 * SECOND))
        await fail(attempts, attempt)
        clock.go_on(9.5 * SECOND)
        with pytest.raises(TooManyAttemptsError) as refused:
            await attempts.reserve(attempt)
        assert refused.value.retry_after == 1
        clock.go_on(SECOND / 2)
        await attempts.reserve(attempt)

    async def test_delay_is_as_long_where_the_clock_is_set_back(self, make: Make, attempt: Attempt, clock: Clock) -> None:
        attempts = make(AttemptPolicy(free=3, first_delay=10 * SECOND))
        assert await fail_until_refused(attempts, attempt) == 10
        clock.go_on(4 * SECOND)
        clock.go_on(-HOUR)
        assert await fail_until_refused(attempts, attempt) == 10
        clock.go_on(10 * SECOND)
        await fail(attempts, attempt)

    async def test_limit_of_an_address_is_the_same_where_the_clock_is_set_back(
        self, make: Make, attempt: Attempt, clock: Clock
    ) -> None:
        attempts = make(AttemptPolicy(per_address=60))
        for _ in range(28):
            await fail(attempts, attempt._replace(account=unused_name()))
        clock.go_on(-HOUR)
        tried = [await count_admitted(attempts, attempt._replace(account=unused_name()), 1) for _ in range(10)]
        assert sum(tried) == 2
        assert await fail_until_refused(attempts, attempt) <= 120

    async def test_login_does_not_lock_its_address_where_the_clock_is_set_back(
        self, make: Make, attempt: Attempt, clock: Clock
    ) -> None:
        attempts = make(AttemptPolicy())
        for account in (attempt.account, unused_name()):
            await succeed(attempts, attempt._replace(account=account))
            clock.go_on(-HOUR)
        await succeed(attempts, attempt._replace(account=unused_name()))

    async def test_refused_attempt_does_not_extend_the_delay(self, make: Make, attempt: Attempt) -> None:
        attempts = make(AttemptPolicy(free=1, first_delay=10 * SECOND))
        assert await count_admitted(attempts, attempt, 50) == 1
        assert await fail_until_refused(attempts, attempt) == 10

    async def test_right_password_resets_the_failures_of_the_pair(self, make: Make, attempt: Attempt) -> None:
        attempts = make(AttemptPolicy(free=3))
        for _ in range(2):
            await fail(attempts, attempt)
        await succeed(attempts, attempt)
        assert await count_admitted(attempts, attempt, 50) == 3

    async def test_released_attempt_does_not_count(self, make: Make, attempt: Attempt) -> None:
        attempts = make(AttemptPolicy(free=2, per_account=4, per_address=4))
        for _ in range(20):
            await attempts.reserve(attempt)
            await attempts.release(attempt)
        assert await count_admitted(attempts, attempt, 50) == 2

    async def test_the_right_password_does_not_count_for_account_and_address(self, make: Make, attempt: Attempt) -> None:
        attempts = make(AttemptPolicy(per_account=4, per_address=4))
        for _ in range(20):
            await attempts.reserve(attempt)
            await attempts.succeed(attempt)
        await attempts.reserve(attempt._replace(network=new_address()))
        await attempts.reserve(Attempt.at(unused_name(), attempt.network))

    async def test_failures_from_one_address_do_not_lock_another(self, make: Make, attempt: Attempt, clock: Clock) -> None:
        attempts = make(AttemptPolicy())
        for _ in range(200):
            clock.go_on(await fail_until_refused(attempts, attempt) * SECOND)
        await attempts.reserve(attempt._replace(network=new_address()))

    async def test_waiting_until_a_pair_is_forgotten_does_not_help(self, make: Make, attempt: Attempt, clock: Clock) -> None:
        policy = AttemptPolicy(max_delay=15 * MINUTE)
        for burst in range(1, 9):
            attempts, somebody = make(policy), attempt._replace(network=new_address())
            for _ in range(burst):
                await fail(attempts, somebody)
            clock.go_on(burst * policy.max_delay - SECOND)
            assert await count_admitted(attempts, somebody, 50) <= policy.free - burst

    async def test_account_has_a_limit_for_all_unfamiliar_addresses(self, make: Make, attempt: Attempt, clock: Clock) -> None:
        attempts = make(AttemptPolicy(per_account=60))
        admitted = 0
        for _ in range(61):
            admitted += sum([await count_admitted(attempts, attempt._replace(network=new_address()), 1) for _ in range(35)])
            clock.go_on(MINUTE - SECOND)
        assert 55 <= admitted <= 60

    async def test_strangers_do_not_lock_the_owner_out_of_a_familiar_address(
        self, make: Make, attempt: Attempt, clock: Clock
    ) -> None:
        attempts = make(AttemptPolicy(per_account=4, familiar_for=timedelta(days=30)))
        await attempts.reserve(attempt)
        await attempts.succeed(attempt)
        clock.go_on(timedelta(days=29))
        for _ in range(4):
            await count_admitted(attempts, attempt._replace(network=new_address()), 1)
        assert await count_admitted(attempts, attempt._replace(network=new_address()), 1) == 0
        await fail(attempts, attempt)
        clock.go_on(timedelta(days=1))
        for _ in range(4):
            await count_admitted(attempts, attempt._replace(network=new_address()), 1)
        assert await count_admitted(attempts, attempt, 1) == 0

    async def test_familiar_address_is_delayed_by_its_own_failures(self, make: Make, attempt: Attempt) -> None:
        attempts = make(AttemptPolicy(free=3, per_account=4, per_address=4))
        await attempts.reserve(attempt)
        await attempts.succeed(attempt)
        assert await count_admitted(attempts, attempt, 50) == 3

    async def test_latest_familiar_addresses_are_kept(self, make: Make, attempt: Attempt, clock: Clock) -> None:
        attempts = make(AttemptPolicy(per_account=2, max_familiar=2))
        owners = [attempt._replace(network=new_address()) for _ in range(3)]
        for owner in owners:
            await attempts.reserve(owner)
            await attempts.succeed(owner)
            clock.go_on(SECOND)
        await fail(attempts, attempt)
        assert [await count_admitted(attempts, owner, 1) for owner in owners] == [0, 1, 1]

    async def test_address_has_a_limit_for_all_accounts(self, make: Make, attempt: Attempt, clock: Clock) -> None:
        attempts = make(AttemptPolicy(per_address=60))
        tried = [await count_admitted(attempts, attempt._replace(account=unused_name()), 1) for _ in range(50)]
        assert sum(tried) == 30
        assert await fail_until_refused(attempts, attempt) == 120
        clock.go_on(120 * SECOND)
        await attempts.reserve(attempt)

    async def test_neighbours_do_not_lock_out_users_of_the_same_familiar_address(self, make: Make, attempt: Attempt) -> None:
        attempts = make(AttemptPolicy(per_address=4))
        await attempts.reserve(attempt)
        await attempts.succeed(attempt)
        for _ in range(10):
            await count_admitted(attempts, attempt._replace(account=unused_name()), 1)
        await attempts.reserve(attempt)

    async def test_unlocked_account_allows_attempts_from_everywhere(self, make: Make) -> None:
        name = unused_name()
        attempts = make(AttemptPolicy(free=1, per_account=4))
        own, other = Attempt.at(name, new_address()), Attempt.at(name, new_address())
        for attempt in (own, other):
            await fail(attempts, attempt)
        assert await count_admitted(attempts, own, 1) == 0
        await attempts.unlock(name.upper(), [])
        for attempt in (own, other):
            await attempts.reserve(attempt)

    async def test_unlocking_an_account_does_not_unlock_another(self, make: Make, attempt: Attempt) -> None:
        attempts = make(AttemptPolicy(free=1))
        await fail(attempts, attempt)
        await attempts.unlock(unused_name(), [])
        assert await count_admitted(attempts, attempt, 1) == 0

    @pytest.mark.parametrize("reason", [Refusal.WRONG_PASSWORD, Refusal.USER_DISABLED])
    async def test_failure_has_an_event_with_its_reason(
        self, make: Make, attempt: Attempt, read_recorded: ReadRecorded, reason: Refusal
    ) -> None:
        attempts = make(AttemptPolicy())
        await attempts.reserve(attempt)
        assert read_recorded(attempt.user_id) == []
        await attempts.fail(attempt, reason)
        assert read_recorded(attempt.user_id) == [refused(attempt, reason)]

    async def test_event_of_a_failure_with_an_unknown_name_does_not_show_the_name(
        self, make: Make, read_recorded: ReadRecorded
    ) -> None:
        name = unused_name()
        attempt = Attempt.at(name, new_address())
        attempts = make(AttemptPolicy())
        await attempts.reserve(attempt)
        await attempts.fail(attempt, Refusal.UNKNOWN_USER)
        recorded = read_recorded(None)
        assert refused(attempt, Refusal.UNKNOWN_USER) in recorded
        assert name.lower() not in str(recorded).lower()

    async def test_success_and_release_have_no_event(self, make: Make, attempt: Attempt, read_recorded: ReadRecorded) -> None:
        attempts = make(AttemptPolicy())
        await attempts.reserve(attempt)
        await attempts.succeed(attempt)
        await attempts.reserve(attempt)
        await attempts.release(attempt)
        assert read_recorded(attempt.user_id) == []

    async def test_only_the_first_refusal_of_a_delay_has_an_event(
        self, make: Make, attempt: Attempt, clock: Clock, read_recorded: ReadRecorded
    ) -> None:
        attempts = make(AttemptPolicy(free=1, first_delay=10 * SECOND))
        recorded = [refused(attempt, Refusal.TOO_MANY_ATTEMPTS)]
        for times in (1, 2):
            assert await count_admitted(attempts, attempt, 50) == 1
            assert select_refusals_by_limits(read_recorded(attempt.user_id)) == recorded * times
            clock.go_on(20 * SECOND)

    async def test_refused_attempts_at_many_names_from_one_address_have_one_event(
        self, make: Make, attempt: Attempt, clock: Clock, read_recorded: ReadRecorded
    ) -> None:
        attempts = make(AttemptPolicy(per_address=60))
        tried = [attempt._replace(account=unused_name()) for _ in range(50)]
        assert sum([await count_admitted(attempts, each, 1) for each in tried]) == 30
        assert select_refusals_by_limits(read_recorded(attempt.user_id)) == [refused(attempt, Refusal.TOO_MANY_ATTEMPTS)]
        clock.go_on(HOUR)
        assert sum([await count_admitted(attempts, each, 1) for each in tried]) == 30
        assert select_refusals_by_limits(read_recorded(attempt.user_id)) == [refused(attempt, Refusal.TOO_MANY_ATTEMPTS)] * 2

    async def test_refused_attempts_at_one_account_from_many_addresses_have_one_event(
        self, make: Make, attempt: Attempt, read_recorded: ReadRecorded
    ) -> None:
        attempts = make(AttemptPolicy(per_account=4))
        for _ in range(10):
            await count_admitted(attempts, attempt._replace(network=new_address()), 1)
        assert select_refusals_by_limits(read_recorded(attempt.user_id)) == [refused(attempt, Refusal.TOO_MANY_ATTEMPTS)]

    async def test_unlocking_has_an_event_only_if_there_were_failures(self, make: Make, read_recorded: ReadRecorded) -> None:
        attempts, name, user_id = make(AttemptPolicy()), unused_name(), str(uuid4())
        unlocked = UserUnlocked(user_id=user_id, occurred_at=NOON, by="somebody")
        await attempts.unlock(name, [unlocked])
        assert read_recorded(user_id) == []
        await attempts.reserve(Attempt.at(name, new_address()))
        for _ in range(2):
            await attempts.unlock(name, [unlocked])
        assert read_recorded(user_id) == [("UserUnlocked", {"by": "somebody"})]
