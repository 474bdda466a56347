"""Use cases for second factors: login in two steps, enrolment, confirmation, removal, the policy."""

from datetime import datetime
from uuid import uuid4

import pytest

from authorization_service.application.auth.authenticate import (
    AuthenticateByPassword,
    AuthenticateBySecondFactor,
    PasswordCredentials,
    SecondFactorCredentials,
)
from authorization_service.application.auth.check_password import CheckPassword
from authorization_service.application.auth.check_second_factor import CheckSecondFactor
from authorization_service.application.auth.confirm_identity import Confirmation, ConfirmIdentity
from authorization_service.application.auth.require_administrator import OPERATOR, RequireAdministrator
from authorization_service.application.auth.second_factor_policy import ChangeSecondFactorPolicy, ShowSecondFactorPolicy
from authorization_service.application.factor.enrol import EnrolledFactor
from authorization_service.application.factor.enrol_totp import (
    BeginTotpEnrolment,
    ConfirmTotpEnrolment,
    ConfirmTotpRequest,
)
from authorization_service.application.factor.manage_factors import (
    ListFactors,
    RemoveFactor,
    RemoveFactorRequest,
    RemoveFactorsOfUser,
    ReplaceRecoveryCodes,
)
from authorization_service.domain.attempts import SECOND_FACTOR_POLICY
from authorization_service.domain.entities.revocation import ReadAt
from authorization_service.domain.entities.session import Session, UsedSession
from authorization_service.domain.events.factors import (
    FactorAdded,
    FactorRemoved,
    FactorRepeated,
    RecoveryCodesReplaced,
    SecondFactorPolicyChanged,
)
from authorization_service.domain.events.sessions import LoginRefused, Refusal
from authorization_service.domain.exceptions import (
    CodeNotConfirmedError,
    CodeRequiredError,
    InvalidEnrolmentError,
    InvalidMfaTokenError,
    NoSuchFactorError,
    SecondFactorOfAdministratorRequiredError,
    SecondFactorRequiredError,
    TooManyFactorsError,
    WrongCodeError,
    WrongPasswordError,
)
from authorization_service.domain.value_objects.authentication import Authentication
from authorization_service.domain.value_objects.refresh_token import RefreshToken
from authorization_service.domain.value_objects.totp_secret import TotpSecret
from authorization_service.infrastructure.security.fido2_passkeys import Fido2PasskeyVerifier
from shared_kernel.application.authentication import Caller
from shared_kernel.application.availability import TooManyAttemptsError
from shared_kernel.domain.rules import RulesBrokenError
from test_support.authorization.fake_attempts import InMemoryAttemptRepository
from test_support.authorization.fake_factors import (
    STEP,
    InMemoryChallengeRepository,
    InMemoryFactorRepository,
    PlainSealer,
    SteppingVerifier,
    make_code,
)
from test_support.authorization.fakes import (
    ADMINISTRATOR,
    AS_ADMINISTRATOR,
    DEFAULT_GRANTS,
    GOOD_PASSWORD,
    NOON,
    FakePolicies,
    InMemoryUserRepository,
    RecordingPasswordHasher,
    make_user,
)

ANNA = make_user("anna")
CALLER = Caller(str(ANNA.id), frozenset(), "a session")
ORIGIN = "https://id.example.org"
PASSKEYS = Fido2PasskeyVerifier(ORIGIN)
RIGHT_PASSWORD = PasswordCredentials("anna", GOOD_PASSWORD)


def now() -> datetime:
    return NOON


class World:
    """The use cases about one user, with fakes."""

    def __init__(self) -> None:
        self.users = InMemoryUserRepository([ANNA, ADMINISTRATOR])
        self.factors = InMemoryFactorRepository(self.users)
        self.challenges = InMemoryChallengeRepository()
        attempts = InMemoryAttemptRepository(SECOND_FACTOR_POLICY, events=self.users.events)
        check_password = CheckPassword(RecordingPasswordHasher(), InMemoryAttemptRepository())
        check = CheckSecondFactor(self.factors, attempts, SteppingVerifier(), PlainSealer(), PASSKEYS, now)
        self.confirm = ConfirmIdentity(check_password, self.factors, check, self.challenges)
        self.by_password = AuthenticateByPassword(self.users, check_password, self.factors, self.challenges, PASSKEYS, now)
        self.by_second_factor = AuthenticateBySecondFactor(self.users, check, self.challenges, now)
        self.begin = BeginTotpEnrolment(self.users, self.confirm, self.factors, self.challenges, PlainSealer(), "id.example.org")
        self.complete = ConfirmTotpEnrolment(self.factors, self.challenges, PlainSealer(), SteppingVerifier(), uuid4, now)

    async def enrol(self) -> tuple[TotpSecret, EnrolledFactor]:
        """Enrol an app by its code of the step before the current one."""
        begun = await self.begin(CALLER, Confirmation(GOOD_PASSWORD, None, ""))
        request = ConfirmTotpRequest(CALLER, begun.token, make_code(begun.secret, STEP - 1), "App")
        return begun.secret, await self.complete(request)

    async def take_first_step(self) -> str:
        """Return the token of the second step."""
        with pytest.raises(SecondFactorRequiredError) as required:
            await self.by_password(RIGHT_PASSWORD)
        return required.value.mfa_token

    async def take_second_step(self, token: str, code: str) -> tuple[str, ...]:
        """Return the methods of the authentication."""
        return (await self.by_second_factor(SecondFactorCredentials(token, code))).authentication.methods

    def count(self, kind: type) -> int:
        """Return the number of events of a type."""
        return sum(isinstance(event, kind) for event in self.users.events)


@pytest.fixture
def world() -> World:
    return World()


async def test_user_without_a_factor_authenticates_by_password(world: World) -> None:
    assert (await world.by_password(RIGHT_PASSWORD)).authentication.methods == ("pwd",)


async def test_user_with_a_factor_authenticates_in_two_steps(world: World) -> None:
    secret, enrolled = await world.enrol()
    assert len(enrolled.recovery_codes) == 10
    with pytest.raises(SecondFactorRequiredError) as required:
        await world.by_password(RIGHT_PASSWORD)
    assert (required.value.factors, required.value.expires_in) == (("totp", "recovery_code"), 300)
    token = required.value.mfa_token
    with pytest.raises(WrongCodeError):
        await world.take_second_step(token, "wrong")
    assert await world.take_second_step(token, make_code(secret)) == ("pwd", "otp", "mfa")
    with pytest.raises(InvalidMfaTokenError):
        await world.take_second_step(token, make_code(secret, STEP + 1))


async def test_code_is_accepted_once_also_where_it_enrolled(world: World) -> None:
    secret, _ = await world.enrol()
    for _ in range(2):
        with pytest.raises(WrongCodeError):
            await world.take_second_step(await world.take_first_step(), make_code(secret, STEP - 1))
    assert world.count(FactorRepeated) == 2


async def test_token_is_void_once_the_user_has_changed(world: World) -> None:
    secret, _ = await world.enrol()
    for changed in (
        make_user("anna", user_id=ANNA.id, password_hash="another"),
        make_user("anna", user_id=ANNA.id, is_enabled=False),
    ):
        world.users.put(ANNA)
        token = await world.take_first_step()
        world.users.put(changed)
        with pytest.raises(InvalidMfaTokenError):
            await world.take_second_step(token, make_code(secret))
    world.users.put(ANNA)
    token = await world.take_first_step()
    world.challenges.expire_all()
    with pytest.raises(InvalidMfaTokenError):
        await world.take_second_step(token, make_code(secret))


async def test_wrong_codes_are_limited_apart_from_passwords(world: World) -> None:
    secret, _ = await world.enrol()
    for _ in range(SECOND_FACTOR_POLICY.free):
        with pytest.raises(WrongCodeError):
            await world.take_second_step(await world.take_first_step(), "wrong")
    with pytest.raises(TooManyAttemptsError):
        await world.take_second_step(await world.take_first_step(), make_code(secret))
    refusals = [event.reason for event in world.users.events if isinstance(event, LoginRefused)]
    assert refusals == [Refusal.WRONG_CODE] * SECOND_FACTOR_POLICY.free + [Refusal.TOO_MANY_ATTEMPTS]


async def test_confirmation_needs_a_code_where_there_is_a_factor(world: World) -> None:
    assert await world.confirm(ANNA, Confirmation(GOOD_PASSWORD, None, "")) == ("pwd",)
    secret, enrolled = await world.enrol()
    for password, code, error in (
        ("wrong", make_code(secret), WrongPasswordError),
        (GOOD_PASSWORD, None, CodeRequiredError),
        (GOOD_PASSWORD, "wrong", CodeNotConfirmedError),
    ):
        with pytest.raises(error):
            await world.confirm(ANNA, Confirmation(password, code, ""))
    by_code = Confirmation(GOOD_PASSWORD, make_code(secret), "")
    assert await world.confirm(ANNA, by_code) == ("pwd", "otp", "mfa")
    with pytest.raises(CodeNotConfirmedError):
        await world.confirm(ANNA, by_code)
    await world.confirm(ANNA, by_code, second_factor_is_proved=True)  # where the operation begins again
    await world.confirm(ANNA, Confirmation(GOOD_PASSWORD, enrolled.recovery_codes[0].text, ""))


async def test_enrolment_needs_a_code_of_its_secret_by_its_user(world: World) -> None:
    begun = await world.begin(CALLER, Confirmation(GOOD_PASSWORD, None, ""))
    assert not await ListFactors(world.factors)(CALLER)
    right = make_code(begun.secret)
    other = Caller(str(ADMINISTRATOR.id), frozenset())
    for caller, token, code, error in (
        (CALLER, begun.token, "wrong", CodeNotConfirmedError),
        (CALLER, "made up", right, InvalidEnrolmentError),
        (other, begun.token, right, InvalidEnrolmentError),
    ):
        with pytest.raises(error):
            await world.complete(ConfirmTotpRequest(caller, token, code, "App"))
    with pytest.raises(RulesBrokenError):
        await world.complete(ConfirmTotpRequest(CALLER, begun.token, right, ""))
    enrolled = await world.complete(ConfirmTotpRequest(CALLER, begun.token, right, "App"))
    assert (await ListFactors(world.factors)(CALLER)).all == (enrolled.factor,)
    assert world.count(FactorAdded) == 1
    with pytest.raises(TooManyFactorsError):
        await world.begin(CALLER, Confirmation(GOOD_PASSWORD, enrolled.recovery_codes[0].text, ""))


async def test_factor_is_removed_and_codes_are_replaced_with_a_confirmation(world: World) -> None:
    secret, enrolled = await world.enrol()
    remove = RemoveFactor(world.users, world.confirm, world.factors, now)
    replace_codes = ReplaceRecoveryCodes(world.users, world.confirm, world.factors, now)
    codes = iter(await replace_codes(CALLER, Confirmation(GOOD_PASSWORD, enrolled.recovery_codes[0].text, "")))
    with pytest.raises(NoSuchFactorError):
        await remove(RemoveFactorRequest(CALLER, "another", Confirmation(GOOD_PASSWORD, next(codes).text, "")))
    by_code = Confirmation(GOOD_PASSWORD, make_code(secret), "")
    await remove(RemoveFactorRequest(CALLER, str(enrolled.factor.id), by_code))
    assert (world.count(RecoveryCodesReplaced), world.count(FactorRemoved)) == (1, 1)
    with pytest.raises(NoSuchFactorError):
        await replace_codes(CALLER, Confirmation(GOOD_PASSWORD, None, ""))


async def test_administrator_removes_factors(world: World) -> None:
    await world.enrol()
    remove = RemoveFactorsOfUser(RequireAdministrator(world.users, FakePolicies()), world.users, world.factors, now)
    await remove(AS_ADMINISTRATOR, "Anna")
    (removed,) = [event for event in world.users.events if isinstance(event, FactorRemoved)]
    assert (removed.user_id, removed.by) == (str(ANNA.id), str(ADMINISTRATOR.id))
    assert (await world.by_password(RIGHT_PASSWORD)).user == ANNA


async def test_policy_explains_why_an_administrator_may_not(world: World) -> None:
    policies = FakePolicies()
    require = RequireAdministrator(world.users, policies)
    change = ChangeSecondFactorPolicy(require, policies, now)
    await change(AS_ADMINISTRATOR, is_needed=True)
    await change(OPERATOR, is_needed=True)
    assert await ShowSecondFactorPolicy(require, policies)(OPERATOR)
    changed = SecondFactorPolicyChanged(user_id=str(ADMINISTRATOR.id), occurred_at=NOON, is_needed=True, by=str(ADMINISTRATOR.id))
    assert policies.events == [changed]
    with pytest.raises(SecondFactorOfAdministratorRequiredError):
        await require(Caller(str(ADMINISTRATOR.id), frozenset()))


@pytest.mark.parametrize(
    ("is_needed", "methods", "may_administer"),
    [
        (False, ("pwd",), True),
        (True, ("pwd",), False),
        (True, ("pwd", "otp", "mfa"), True),
        (True, None, False),
        (False, None, True),
    ],
)
async def test_session_allows_administration_as_the_policy_has_it(
    is_needed: bool, methods: tuple[str, ...] | None, may_administer: bool
) -> None:
    authentication = None if methods is None else Authentication(NOON, methods)
    session = Session(uuid4(), ADMINISTRATOR.id, NOON, NOON, NOON, "", "", authentication=authentication)
    used = UsedSession(RefreshToken.new(), session, ADMINISTRATOR, DEFAULT_GRANTS, ReadAt(NOON, 0), is_needed)
    assert used.may_administer is may_administer
    assert ("administration" in used.find_scopes()) is may_administer
