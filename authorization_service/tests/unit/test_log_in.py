"""Login."""

from dataclasses import replace

import pytest

from authorization_service.application.auth.access_token_issuer import AccessToken
from authorization_service.application.auth.authenticate import AuthenticateByPassword
from authorization_service.application.auth.check_password import CheckPassword
from authorization_service.application.auth.log_in import LogIn, LogInRequest, OpenSession
from authorization_service.domain.exceptions import WrongCredentialsError
from authorization_service.domain.value_objects.password import MAX_LENGTH, Password
from authorization_service.infrastructure.security.fido2_passkeys import Fido2PasskeyVerifier
from shared_kernel.application.availability import BusyError, StoreUnavailableError
from shared_kernel.application.client_info import ClientInfo
from shared_kernel.domain.grants import Grant
from test_support.authorization.fake_attempts import InMemoryAttemptRepository
from test_support.authorization.fake_factors import InMemoryChallengeRepository, InMemoryFactorRepository
from test_support.authorization.fakes import (
    DEFAULT_GRANTS,
    GOOD_PASSWORD,
    NOON,
    InMemorySessionRepository,
    InMemoryUserRepository,
    NamingAccessTokenIssuer,
    RecordingPasswordHasher,
    make_user,
)

ANNA = make_user("Anna.P")


@pytest.fixture
def users() -> InMemoryUserRepository:
    return InMemoryUserRepository([ANNA], DEFAULT_GRANTS)


@pytest.fixture
def verifier() -> RecordingPasswordHasher:
    return RecordingPasswordHasher()


@pytest.fixture
def sessions(users: InMemoryUserRepository) -> InMemorySessionRepository:
    return InMemorySessionRepository(users)


@pytest.fixture
def issuer() -> NamingAccessTokenIssuer:
    return NamingAccessTokenIssuer()


@pytest.fixture
def log_in(
    users: InMemoryUserRepository,
    verifier: RecordingPasswordHasher,
    sessions: InMemorySessionRepository,
    issuer: NamingAccessTokenIssuer,
) -> LogIn:
    check_password = CheckPassword(verifier, InMemoryAttemptRepository())
    factors, challenges = InMemoryFactorRepository(users), InMemoryChallengeRepository()
    passkeys = Fido2PasskeyVerifier("https://id.example.org")
    authenticate = AuthenticateByPassword(users, check_password, factors, challenges, passkeys, now=lambda: NOON)
    return LogIn(authenticate, OpenSession(sessions, issuer))


async def test_right_password_opens_a_session_and_returns_its_tokens(
    log_in: LogIn, sessions: InMemorySessionRepository, issuer: NamingAccessTokenIssuer
) -> None:
    tokens = await log_in(LogInRequest("Anna.P", GOOD_PASSWORD, ClientInfo("192.0.2.1", "a browser")))
    (session,) = await sessions.find_of_user(str(ANNA.id))
    assert tokens.access_token.token == f"first-party: {ANNA.id} may read:default write:default in {session.id}"
    assert issuer.read_at == [(session.created_at, 0)]
    assert (session.address, session.user_agent) == ("192.0.2.1", "a browser")
    await sessions.refresh(tokens.refresh_token, ClientInfo())


async def test_token_has_the_users_grants(users: InMemoryUserRepository, log_in: LogIn) -> None:
    await users.add(make_user("bella"), [Grant.parse(text) for text in ("write:a*", "read:b", "write:ab")])
    assert " may read:b write:a* in " in (await log_in(LogInRequest("bella", GOOD_PASSWORD))).access_token.token


async def test_disabled_user_is_refused_like_an_unknown_one(users: InMemoryUserRepository, log_in: LogIn) -> None:
    await users.add(make_user("bella", is_enabled=False))
    with pytest.raises(WrongCredentialsError):
        await log_in(LogInRequest("bella", GOOD_PASSWORD))


@pytest.mark.parametrize("username", ["a" * 65, "a" * 1_000_000, "", "анна"])
async def test_store_is_not_asked_for_invalid_usernames(users: InMemoryUserRepository, log_in: LogIn, username: str) -> None:
    users.is_available = False
    with pytest.raises(WrongCredentialsError):
        await log_in(LogInRequest(username, GOOD_PASSWORD))


async def test_a_password_that_is_changed_while_it_is_verified_opens_no_session(
    log_in: LogIn, users: InMemoryUserRepository, sessions: InMemorySessionRepository, verifier: RecordingPasswordHasher
) -> None:
    verify = verifier.verify

    async def verify_slowly(password: str, password_hash: str | None) -> bool:
        verified = await verify(password, password_hash)
        users.put(replace(ANNA, password_hash="hash of another password"))
        return verified

    verifier.verify = verify_slowly  # type: ignore[method-assign]
    with pytest.raises(WrongCredentialsError):
        await log_in(LogInRequest("Anna.P", GOOD_PASSWORD))
    assert await sessions.find_of_user(str(ANNA.id)) == []


@pytest.mark.parametrize("username", ["anna.p", "ANNA.P", "aNNa.P"])
async def test_the_case_of_the_username_does_not_matter(log_in: LogIn, username: str) -> None:
    tokens = await log_in(LogInRequest(username, GOOD_PASSWORD))
    assert str(ANNA.id) in tokens.access_token.token


@pytest.mark.parametrize("password", ["", "correct-horse-7", GOOD_PASSWORD + " ", GOOD_PASSWORD[:-1], GOOD_PASSWORD * 2])
async def test_a_wrong_password_is_refused(log_in: LogIn, password: str) -> None:
    with pytest.raises(WrongCredentialsError):
        await log_in(LogInRequest("Anna.P", password))


@pytest.mark.parametrize("username", ["bella", "", " anna.p", "anna.p\x00", "a" * 1_000_000, "анна"])
async def test_an_unknown_name_is_refused_after_the_same_work(
    log_in: LogIn, verifier: RecordingPasswordHasher, username: str
) -> None:
    with pytest.raises(WrongCredentialsError):
        await log_in(LogInRequest(username, GOOD_PASSWORD))
    assert verifier.verified == [(GOOD_PASSWORD, None)]


async def test_an_unknown_name_and_a_wrong_password_are_refused_in_the_same_words(log_in: LogIn) -> None:
    with pytest.raises(WrongCredentialsError) as unknown_name:
        await log_in(LogInRequest("bella", GOOD_PASSWORD))
    with pytest.raises(WrongCredentialsError) as wrong_password:
        await log_in(LogInRequest("anna.p", "wrong"))
    assert str(unknown_name.value) == str(wrong_password.value)


async def test_composed_and_decomposed_letters_log_in_alike(users: InMemoryUserRepository, log_in: LogIn) -> None:
    await users.add(make_user("rene", password_hash="hash of Caf\u00e9-horse-7"))
    assert await log_in(LogInRequest("rene", "Cafe\u0301-horse-7"))


@pytest.mark.parametrize("letter", ["a", "e\u0301", "\u03b1\u0313\u0300\u0345", "o\u0302\u0301", "\u1112\u1161\u11ab"])
async def test_the_longest_password_logs_in_however_its_letters_are_composed(
    users: InMemoryUserRepository, log_in: LogIn, letter: str
) -> None:
    password = "Aa1!" + letter * (MAX_LENGTH - 4)
    await users.add(make_user("longest", password_hash=f"hash of {Password(password).value}"))
    assert await log_in(LogInRequest("longest", password))


@pytest.mark.parametrize("letter", ["a", "e\u0301", "\u03b1\u0313\u0300\u0345"])
@pytest.mark.parametrize("excess", ["a", "e\u0301", "a" * 1_000_000])
async def test_longest_password_with_a_suffix_is_refused(
    users: InMemoryUserRepository, log_in: LogIn, letter: str, excess: str
) -> None:
    password = "Aa1!" + letter * (MAX_LENGTH - 4)
    await users.add(make_user("longest", password_hash=f"hash of {Password(password).value}"))
    with pytest.raises(WrongCredentialsError):
        await log_in(LogInRequest("longest", password + excess))


async def test_suffix_of_the_longest_password_is_not_cut_off(users: InMemoryUserRepository, log_in: LogIn) -> None:
    # 256 code points that are 128 letters, and one more behind them.
    password = "Aa1!" + "o\u0302\u0301" * 4 + "e\u0301" * 120
    await users.add(make_user("longest", password_hash=f"hash of {Password(password).value}"))
    with pytest.raises(WrongCredentialsError):
        await log_in(LogInRequest("longest", password + "!"))


async def test_overlong_password_costs_no_more_than_others(log_in: LogIn, verifier: RecordingPasswordHasher) -> None:
    with pytest.raises(WrongCredentialsError):
        await log_in(LogInRequest("anna.p", "a" * 8_000_000))
    ((password, _),) = verifier.verified
    assert len(password) == MAX_LENGTH + 1


async def test_login_fails_while_too_many_passwords_wait(log_in: LogIn, verifier: RecordingPasswordHasher) -> None:
    verifier.is_busy = True
    with pytest.raises(BusyError):
        await log_in(LogInRequest("anna.p", GOOD_PASSWORD))


async def test_login_fails_while_the_store_is_unavailable(log_in: LogIn, users: InMemoryUserRepository) -> None:
    users.is_available = False
    with pytest.raises(StoreUnavailableError):
        await log_in(LogInRequest("anna.p", GOOD_PASSWORD))


def test_representations_do_not_show_secrets() -> None:
    assert GOOD_PASSWORD not in repr(LogInRequest("anna", GOOD_PASSWORD))
    assert "abc.def" not in repr(AccessToken("abc.def", 900, ""))
