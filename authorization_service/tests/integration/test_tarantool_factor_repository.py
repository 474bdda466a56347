"""The contracts of FactorRepository and ChallengeRepository, for Tarantool."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from authorization_service.application.factor.challenge_repository import LIFETIMES, Challenge, Purpose
from authorization_service.domain.entities.user import User
from authorization_service.domain.events import factors as events_of_factors
from authorization_service.domain.events.domain_event import DomainEvent
from authorization_service.domain.exceptions import NoSuchUserError
from authorization_service.domain.value_objects.one_time_token import OneTimeToken
from authorization_service.domain.value_objects.recovery_code import RecoveryCode
from authorization_service.infrastructure.db.repositories.tarantool_challenge_repository import TarantoolChallengeRepository
from authorization_service.infrastructure.db.repositories.tarantool_factor_repository import TarantoolFactorRepository
from authorization_service.infrastructure.db.repositories.tarantool_session_repository import TarantoolSessionRepository
from authorization_service.infrastructure.db.repositories.tarantool_user_repository import TarantoolUserRepository
from shared_kernel.infrastructure.revocations import Revocations
from shared_kernel.infrastructure.tarantool import TarantoolConnection
from test_support.authorization.factor_repository_contract import BY_CODE, FactorRepositoryContract, Store, make_factor
from test_support.authorization.fakes import POLICY, make_user
from test_support.authorization.kept_events import read_events
from test_support.connections import connected
from test_support.processes import Tarantool


def read_events_of_factors(server: Tarantool) -> list[DomainEvent]:
    return [
        getattr(events_of_factors, event.type)(user_id=event.user_id, occurred_at=event.occurred_at, **event.data)
        for event in read_events(server)
        if hasattr(events_of_factors, event.type)
    ]


@pytest.fixture
async def connection(authorization_tarantool: Tarantool) -> AsyncIterator[TarantoolConnection]:
    async with connected(authorization_tarantool) as connection:
        yield connection


class TestTarantoolFactorRepository(FactorRepositoryContract):
    @pytest.fixture
    def store(self, authorization_tarantool: Tarantool, connection: TarantoolConnection) -> Store:
        return Store(
            TarantoolUserRepository(connection),
            TarantoolSessionRepository(connection, POLICY, Revocations()),
            TarantoolFactorRepository(connection),
            TarantoolChallengeRepository(connection),
            lambda: read_events_of_factors(authorization_tarantool),
        )


@pytest.fixture
async def user(connection: TarantoolConnection) -> User:
    user = make_user(f"u-{uuid4().hex}")
    await TarantoolUserRepository(connection).add(user)
    return user


async def test_of_many_uses_of_one_code_at_the_same_time_one_succeeds(connection: TarantoolConnection, user: User) -> None:
    factors, factor, code = TarantoolFactorRepository(connection), make_factor(user), RecoveryCode.new()
    await factors.add(factor, "", BY_CODE, [code], [])
    assert sum(await asyncio.gather(*(factors.use(factor, 8, []) for _ in range(20)))) == 1
    assert sum(await asyncio.gather(*(factors.use_recovery_code(str(user.id), code, []) for _ in range(20)))) == 1
    token, challenges = OneTimeToken.new(), TarantoolChallengeRepository(connection)
    await challenges.put(token, Purpose.LOGIN, Challenge(str(user.id), {}))
    taken = await asyncio.gather(*(challenges.take(token, Purpose.LOGIN) for _ in range(20)))
    assert sum(each is not None for each in taken) == 1


async def test_factors_and_codes_go_with_their_user(connection: TarantoolConnection, user: User) -> None:
    factors, code = TarantoolFactorRepository(connection), RecoveryCode.new()
    await factors.add(make_factor(user), "", BY_CODE, [code], [])
    assert await TarantoolUserRepository(connection).remove(user)
    assert not await factors.find_of_user(str(user.id))
    assert not await factors.use_recovery_code(str(user.id), code, [])
    with pytest.raises(NoSuchUserError):
        await factors.add(make_factor(user), "", BY_CODE, [], [])


async def test_expired_challenge_is_none(connection: TarantoolConnection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(LIFETIMES, Purpose.LOGIN, timedelta(0))
    token, challenges = OneTimeToken.new(), TarantoolChallengeRepository(connection)
    await challenges.put(token, Purpose.LOGIN, Challenge("", {}))
    assert await challenges.find(token, Purpose.LOGIN) is None
    assert await challenges.take(token, Purpose.LOGIN) is None


async def test_challenges_do_not_outlive_the_process(tmp_path: Path) -> None:
    token = OneTimeToken.new()
    with Tarantool("authorization", tmp_path) as server:
        async with connected(server) as connection:
            await TarantoolChallengeRepository(connection).put(token, Purpose.LOGIN, Challenge("", {}))
        server.stop()
        server.start()
        async with connected(server) as connection:
            assert await TarantoolChallengeRepository(connection).find(token, Purpose.LOGIN) is None
