"""The cache of verified access tokens, and how long a token stays valid."""

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from shared_kernel.application.authentication import InvalidAccessTokenError
from shared_kernel.infrastructure.access_tokens import JwtAccessTokenVerifier
from shared_kernel.infrastructure.revocations import Revocations
from test_support.tokens import AUDIENCE, ISSUER, TokenMaker

MAKER = TokenMaker()
NOW = 1_800_000_000


class CountingKeys:
    """Implements PublicKeys with one key that can be withdrawn; counts look-ups."""

    def __init__(self) -> None:
        self.generation = 0
        self.lookups = 0
        self.is_withdrawn = False

    def find(self, key_id: str) -> RSAPublicKey | None:
        self.lookups += 1
        return None if self.is_withdrawn or key_id != MAKER.key_id else MAKER.private_key.public_key()


class SetClock:
    """A clock that tests set."""

    now: float = NOW

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def keys() -> CountingKeys:
    return CountingKeys()


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
def verifier(keys: CountingKeys, clock: SetClock) -> JwtAccessTokenVerifier:
    return JwtAccessTokenVerifier(keys, Revocations(), issuer=ISSUER, audience=AUDIENCE, remembered=2, clock=clock)


def make_token(name: str, *, valid_for: int = 900, valid_from: int | None = None) -> str:
    return MAKER.make(sub=name, iat=NOW, exp=NOW + valid_for, nbf=valid_from)


def test_signature_is_verified_once(verifier: JwtAccessTokenVerifier, keys: CountingKeys) -> None:
    token = make_token("anna")
    assert [verifier.verify(token).user_id for _ in range(10)] == ["anna"] * 10
    assert keys.lookups == 1


def test_cached_tokens_are_not_confused(verifier: JwtAccessTokenVerifier) -> None:
    anna, bella = make_token("anna"), make_token("bella")
    assert [verifier.verify(token).user_id for token in (anna, bella, anna, bella)] == ["anna", "bella", "anna", "bella"]


def test_full_cache_evicts_the_oldest_token(verifier: JwtAccessTokenVerifier, keys: CountingKeys) -> None:
    first, second, third = (make_token(name) for name in ("first", "second", "third"))
    for token in (first, second, third):
        verifier.verify(token)
    assert keys.lookups == 3
    verifier.verify(second)
    verifier.verify(third)
    assert keys.lookups == 3
    verifier.verify(first)
    assert keys.lookups == 4


def test_evicted_token_is_still_valid(verifier: JwtAccessTokenVerifier) -> None:
    tokens = [make_token(str(number)) for number in range(20)]
    for _ in range(2):
        assert [verifier.verify(token).user_id for token in tokens] == [str(number) for number in range(20)]


def test_token_is_valid_until_it_expires(verifier: JwtAccessTokenVerifier, clock: SetClock) -> None:
    token = make_token("anna", valid_for=900)
    clock.now = NOW + 899.999
    assert verifier.verify(token)
    for moment in (NOW + 900, NOW + 900.001, NOW + 100_000):
        clock.now = moment
        with pytest.raises(InvalidAccessTokenError, match="expired"):
            verifier.verify(token)


def test_new_token_is_rejected_at_the_moment_it_expires(verifier: JwtAccessTokenVerifier, clock: SetClock) -> None:
    clock.now = NOW + 900
    with pytest.raises(InvalidAccessTokenError, match="expired"):
        verifier.verify(make_token("anna", valid_for=900))


def test_token_becomes_valid_at_nbf(verifier: JwtAccessTokenVerifier, clock: SetClock) -> None:
    token = make_token("anna", valid_from=NOW + 10)
    for moment in (NOW, NOW + 9.999):
        clock.now = moment
        with pytest.raises(InvalidAccessTokenError, match="not valid yet"):
            verifier.verify(token)
    clock.now = NOW + 10
    assert verifier.verify(token)


def test_expired_token_is_valid_again_after_the_clock_is_set_back(verifier: JwtAccessTokenVerifier, clock: SetClock) -> None:
    token = make_token("anna")
    clock.now = NOW + 900
    with pytest.raises(InvalidAccessTokenError):
        verifier.verify(token)
    clock.now = NOW
    assert verifier.verify(token)


def test_cached_token_is_rejected_after_its_key_is_withdrawn(verifier: JwtAccessTokenVerifier, keys: CountingKeys) -> None:
    token = make_token("anna")
    verifier.verify(token)
    keys.is_withdrawn = True
    keys.generation += 1
    with pytest.raises(InvalidAccessTokenError, match="unknown key"):
        verifier.verify(token)


def test_change_of_the_key_set_empties_the_cache(verifier: JwtAccessTokenVerifier, keys: CountingKeys) -> None:
    token = make_token("anna")
    verifier.verify(token)
    keys.generation += 1
    assert verifier.verify(token).user_id == "anna"
    assert keys.lookups == 2


def test_rejected_token_evicts_no_valid_one(verifier: JwtAccessTokenVerifier, keys: CountingKeys) -> None:
    first, second = make_token("first"), make_token("second")
    verifier.verify(first)
    verifier.verify(second)
    for token in ("garbage", first[:-4] + "AAAA", TokenMaker("unknown").make()):
        with pytest.raises(InvalidAccessTokenError):
            verifier.verify(token)
    lookups = keys.lookups
    verifier.verify(first)
    verifier.verify(second)
    assert keys.lookups == lookups


@pytest.mark.parametrize(("valid_for", "valid_from"), [(-1, None), (0, None), (900, NOW + 1)])
def test_token_that_is_not_valid_now_evicts_no_valid_one(
    verifier: JwtAccessTokenVerifier, keys: CountingKeys, valid_for: int, valid_from: int | None
) -> None:
    first, second = make_token("first"), make_token("second")
    verifier.verify(first)
    verifier.verify(second)
    with pytest.raises(InvalidAccessTokenError):
        verifier.verify(make_token("third", valid_for=valid_for, valid_from=valid_from))
    lookups = keys.lookups
    verifier.verify(first)
    verifier.verify(second)
    assert keys.lookups == lookups


def test_cached_token_is_rejected_once_its_session_is_revoked(keys: CountingKeys, clock: SetClock) -> None:
    revocations = Revocations()
    verifier = JwtAccessTokenVerifier(keys, revocations, issuer=ISSUER, audience=AUDIENCE, remembered=2, clock=clock)
    token, other = MAKER.make(iat=NOW, exp=NOW + 900, sid="a-session"), MAKER.make(iat=NOW, exp=NOW + 900, sid="another")
    verifier.verify(token)
    revocations.revoke_session("a-session", NOW + 900)
    for _ in range(2):
        with pytest.raises(InvalidAccessTokenError, match="revoked"):
            verifier.verify(token)
    assert verifier.verify(other)


def test_cached_token_is_rejected_once_its_subject_is_revoked(keys: CountingKeys, clock: SetClock) -> None:
    revocations = Revocations()
    verifier = JwtAccessTokenVerifier(keys, revocations, issuer=ISSUER, audience=AUDIENCE, remembered=2, clock=clock)
    before = MAKER.make(sub="anna", iat=NOW + 0.123, exp=NOW + 900)
    after = MAKER.make(sub="anna", iat=NOW + 0.124, exp=NOW + 900)
    verifier.verify(before)
    revocations.revoke_subject("anna", 1, NOW + 0.124, NOW + 900)
    with pytest.raises(InvalidAccessTokenError, match="revoked"):
        verifier.verify(before)
    assert verifier.verify(after)


def test_caller_is_valid_until_the_token_expires(verifier: JwtAccessTokenVerifier, clock: SetClock) -> None:
    caller = verifier.verify(make_token("anna", valid_for=60))
    clock.now = NOW + 59.999
    assert verifier.is_still_valid(caller)
    clock.now = NOW + 60
    assert not verifier.is_still_valid(caller)


def test_caller_is_valid_until_the_key_of_the_token_is_withdrawn(verifier: JwtAccessTokenVerifier, keys: CountingKeys) -> None:
    caller = verifier.verify(make_token("anna"))
    assert verifier.is_still_valid(caller)
    lookups = keys.lookups
    assert verifier.is_still_valid(caller)
    assert keys.lookups == lookups  # many streams check often
    keys.is_withdrawn = True
    keys.generation += 1
    assert not verifier.is_still_valid(caller)


def test_caller_is_valid_until_the_token_is_revoked(keys: CountingKeys, clock: SetClock) -> None:
    revocations = Revocations()
    verifier = JwtAccessTokenVerifier(keys, revocations, issuer=ISSUER, audience=AUDIENCE, remembered=2, clock=clock)
    caller, other = (verifier.verify(MAKER.make(iat=NOW, exp=NOW + 900, sid=session)) for session in ("a-session", "another"))
    assert verifier.is_still_valid(caller)
    revocations.revoke_session("a-session", NOW + 900)
    assert not verifier.is_still_valid(caller)
    assert verifier.is_still_valid(other)
    revocations.are_known = False
    assert not verifier.is_still_valid(other)
