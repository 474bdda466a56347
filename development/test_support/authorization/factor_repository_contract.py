"""The contracts of FactorRepository and ChallengeRepository, for the fakes and for Tarantool."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any, NamedTuple
from uuid import uuid4

import pytest

from authorization_service.application.factor.challenge_repository import (
    MAX_OF_USER,
    Challenge,
    ChallengeRepository,
    Purpose,
)
from authorization_service.application.factor.factor_repository import FactorRepository
from authorization_service.application.session.session_repository import SessionRepository
from authorization_service.application.user.user_repository import UserRepository
from authorization_service.domain.entities.factor import Factor, FactorKind
from authorization_service.domain.entities.user import User
from authorization_service.domain.events.domain_event import DomainEvent
from authorization_service.domain.events.factors import (
    FactorAdded,
    FactorRemoved,
    FactorRepeated,
    RecoveryCodesReplaced,
    RecoveryCodeUsed,
)
from authorization_service.domain.exceptions import (
    NoSuchFactorError,
    NoSuchUserError,
    PasskeyTakenError,
    SecondFactorMissingError,
    TooManyFactorsError,
)
from authorization_service.domain.value_objects.authentication import Authentication
from authorization_service.domain.value_objects.factor_name import FactorName
from authorization_service.domain.value_objects.one_time_token import OneTimeToken
from authorization_service.domain.value_objects.recovery_code import RecoveryCode, new_recovery_codes
from authorization_service.domain.value_objects.refresh_token import RefreshToken
from shared_kernel.application.client_info import UNKNOWN_CLIENT
from test_support.authorization.fakes import BY_PASSWORD, NOON, make_user
from test_support.authorization.user_repository_contract import unused_name

BY_CODE = Authentication(NOON, ("pwd", "otp", "mfa"))
ADDED: dict[str, Any] = {"factor_id": "f", "kind": "totp", "name": "App"}


class Store(NamedTuple):
    users: UserRepository
    sessions: SessionRepository
    factors: FactorRepository
    challenges: ChallengeRepository
    read_events: Callable[[], list[DomainEvent]]

    def events_of(self, user: User) -> list[type[DomainEvent]]:
        """Return the types of a user's events of factors, in order."""
        kinds = (FactorAdded, FactorRemoved, FactorRepeated, RecoveryCodeUsed, RecoveryCodesReplaced)
        return [type(each) for each in self.read_events() if each.user_id == str(user.id) and isinstance(each, kinds)]


def make_factor(user: User, kind: FactorKind = FactorKind.TOTP, **changes: Any) -> Factor:
    credential_id = None if kind is FactorKind.TOTP else uuid4().hex
    made = Factor(uuid4(), user.id, kind, FactorName("App"), NOON, "a secret", counter=7, credential_id=credential_id)
    return replace(made, **changes)


class FactorRepositoryContract:
    """Inherit it as `Test…` and define the fixture `store`."""

    @pytest.fixture
    async def user(self, store: Store) -> User:
        user = make_user(unused_name())
        await store.users.add(user)
        return user

    async def add(self, store: Store, factor: Factor, session_id: str = "") -> bool:
        events = [FactorAdded(user_id=str(factor.user_id), occurred_at=NOON, **ADDED)]
        return await store.factors.add(factor, session_id, BY_CODE, new_recovery_codes(), events)

    async def test_first_factor_comes_with_recovery_codes(self, store: Store, user: User) -> None:
        assert not await store.factors.find_of_user(str(user.id))
        app, passkey = make_factor(user), make_factor(user, FactorKind.PASSKEY, created_at=NOON + timedelta(seconds=1))
        assert await self.add(store, app)
        assert not await self.add(store, passkey)
        found = await store.factors.find_of_user(str(user.id))
        assert (found.all, found.recovery_codes_left) == ((app, passkey), 10)
        assert await store.factors.find_passkey(passkey.credential_id or "") == passkey
        assert store.events_of(user) == [FactorAdded, FactorAdded]

    async def test_first_factor_ends_other_sessions_and_proves_its_own(self, store: Store, user: User) -> None:
        kept, ended = [(await store.sessions.open(user, BY_PASSWORD, RefreshToken.new(), UNKNOWN_CLIENT)).session for _ in "ab"]
        await self.add(store, make_factor(user), str(kept.id))
        left = await store.sessions.find_of_user(str(user.id))
        assert ended.id not in {session.id for session in left}
        assert [(session.id, session.authentication) for session in left] == [(kept.id, BY_CODE)]

    async def test_no_session_is_opened_without_the_second_factor(self, store: Store, user: User) -> None:
        await self.add(store, make_factor(user))
        with pytest.raises(SecondFactorMissingError):
            await store.sessions.open(user, BY_PASSWORD, RefreshToken.new(), UNKNOWN_CLIENT)
        opened = await store.sessions.open(user, BY_CODE, RefreshToken.new(), UNKNOWN_CLIENT)
        assert opened.session.authentication == BY_CODE

    async def test_limit_and_owners_of_factors(self, store: Store, user: User) -> None:
        passkey = make_factor(user, FactorKind.PASSKEY)
        await self.add(store, passkey)
        await self.add(store, make_factor(user))
        with pytest.raises(TooManyFactorsError):
            await self.add(store, make_factor(user))
        other = make_user(unused_name())
        with pytest.raises(NoSuchUserError):
            await self.add(store, make_factor(other))
        await store.users.add(other)
        with pytest.raises(PasskeyTakenError):
            await self.add(store, make_factor(other, FactorKind.PASSKEY, credential_id=passkey.credential_id))
        with pytest.raises(NoSuchFactorError):
            await store.factors.remove(str(other.id), passkey.id, [])
        assert store.events_of(other) == []

    async def test_counter_must_increase(self, store: Store, user: User) -> None:
        factor = make_factor(user)
        await self.add(store, factor)
        repeated = [FactorRepeated(user_id=str(user.id), occurred_at=NOON, factor_id="f", kind="totp", address="")]
        assert not await store.factors.use(factor, 7, repeated)
        assert await store.factors.use(factor, 8, repeated)
        for earlier in (8, 7, 0):
            assert not await store.factors.use(factor, earlier, repeated)
        (found,) = (await store.factors.find_of_user(str(user.id))).all
        assert found.counter == 8
        assert found.last_used_at is not None
        assert store.events_of(user)[1:] == [FactorRepeated] * 4

    async def test_passkey_that_does_not_count_may_be_used_again(self, store: Store, user: User) -> None:
        passkey = make_factor(user, FactorKind.PASSKEY, counter=0)
        await self.add(store, passkey)
        assert await store.factors.use(passkey, 0, [])
        assert await store.factors.use(passkey, 0, [])
        assert await store.factors.use(passkey, 1, [])
        assert not await store.factors.use(passkey, 0, [])

    async def test_recovery_code_is_good_for_one_use_of_its_owner(self, store: Store, user: User) -> None:
        code, other = RecoveryCode.new(), RecoveryCode.new()
        await store.factors.add(make_factor(user), "", BY_CODE, [code, other], [])
        used = [RecoveryCodeUsed(user_id=str(user.id), occurred_at=NOON, address="")]
        assert not await store.factors.use_recovery_code(str(uuid4()), code, used)
        assert await store.factors.use_recovery_code(str(user.id), code, used)
        assert not await store.factors.use_recovery_code(str(user.id), code, used)
        assert (await store.factors.find_of_user(str(user.id))).recovery_codes_left == 1
        await store.factors.replace_recovery_codes(str(user.id), [code], [])
        assert not await store.factors.use_recovery_code(str(user.id), other, used)
        assert await store.factors.use_recovery_code(str(user.id), code, used)
        assert store.events_of(user) == [RecoveryCodeUsed] * 2

    async def test_last_factor_goes_with_the_recovery_codes(self, store: Store, user: User) -> None:
        factor, code = make_factor(user), RecoveryCode.new()
        with pytest.raises(NoSuchFactorError):
            await store.factors.replace_recovery_codes(str(user.id), [code], [])
        await store.factors.add(factor, "", BY_CODE, [code], [])
        await store.factors.remove(str(user.id), factor.id, [])
        assert not await store.factors.use_recovery_code(str(user.id), code, [])
        with pytest.raises(NoSuchFactorError):
            await store.factors.remove(str(user.id), factor.id, [])
        with pytest.raises(NoSuchFactorError):
            await store.factors.use(factor, 100, [])
        await store.sessions.open(user, BY_PASSWORD, RefreshToken.new(), UNKNOWN_CLIENT)

    async def test_all_factors_are_removed_at_once(self, store: Store, user: User) -> None:
        removed = [FactorRemoved(user_id=str(user.id), occurred_at=NOON, factor_id="f", kind="totp", name="App", by=None)]
        await store.factors.remove_all(str(user.id), removed)
        assert store.events_of(user) == []
        await self.add(store, make_factor(user))
        await self.add(store, make_factor(user, FactorKind.PASSKEY))
        await store.factors.remove_all(str(user.id), removed)
        found = await store.factors.find_of_user(str(user.id))
        assert (found.all, found.recovery_codes_left) == ((), 0)
        assert store.events_of(user)[2:] == [FactorRemoved]

    async def test_challenge_is_good_for_one_purpose_and_one_use(self, store: Store) -> None:
        token, challenge = OneTimeToken.new(), Challenge(str(uuid4()), {"a": "b"})
        await store.challenges.put(token, Purpose.LOGIN, challenge)
        assert await store.challenges.find(token, Purpose.TOTP_ENROLMENT) is None
        assert await store.challenges.take(token, Purpose.TOTP_ENROLMENT) is None
        assert await store.challenges.find(OneTimeToken.new(), Purpose.LOGIN) is None
        assert await store.challenges.find(token, Purpose.LOGIN) == challenge
        assert await store.challenges.take(token, Purpose.LOGIN) == challenge
        assert await store.challenges.take(token, Purpose.LOGIN) is None
        assert await store.challenges.find(token, Purpose.LOGIN) is None

    async def test_challenges_of_a_user_are_bounded(self, store: Store) -> None:
        challenge, tokens = Challenge(str(uuid4()), {}), [OneTimeToken.new() for _ in range(MAX_OF_USER + 1)]
        for token in tokens:
            await store.challenges.put(token, Purpose.LOGIN, challenge)
        assert await store.challenges.find(tokens[0], Purpose.LOGIN) is None
        for token in tokens[1:]:
            assert await store.challenges.find(token, Purpose.LOGIN) == challenge
