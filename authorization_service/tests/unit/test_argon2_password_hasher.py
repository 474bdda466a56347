"""Hashing passwords, slowly and a bounded number at a time."""

import asyncio
import threading
from collections.abc import Iterator

import pytest
from argon2 import extract_parameters
from argon2.low_level import Type

from authorization_service.infrastructure.security.argon2_password_hasher import Argon2PasswordHasher
from shared_kernel.application.availability import BusyError
from test_support.authorization.fakes import GOOD_PASSWORD

THREADS, QUEUE = 1, 2


@pytest.fixture
def hasher() -> Iterator[Argon2PasswordHasher]:
    hasher = Argon2PasswordHasher(threads=THREADS, queue=QUEUE)
    yield hasher
    hasher.close()


@pytest.fixture
def gate() -> Iterator[threading.Event]:
    gate = threading.Event()
    yield gate
    gate.set()


async def test_a_hash_has_the_parameters_that_owasp_recommends(hasher: Argon2PasswordHasher) -> None:
    parameters = extract_parameters(await hasher.hash(GOOD_PASSWORD))
    assert parameters.type is Type.ID
    assert (parameters.memory_cost, parameters.time_cost, parameters.parallelism) == (19_456, 2, 1)
    assert parameters.salt_len >= 16
    assert parameters.hash_len >= 32


async def test_a_hash_tells_its_parameters_in_the_phc_format(hasher: Argon2PasswordHasher) -> None:
    password_hash = await hasher.hash(GOOD_PASSWORD)
    assert password_hash.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert GOOD_PASSWORD not in password_hash


async def test_each_hash_has_a_salt_of_its_own(hasher: Argon2PasswordHasher) -> None:
    first, second = await hasher.hash(GOOD_PASSWORD), await hasher.hash(GOOD_PASSWORD)
    assert first.split("$")[4] != second.split("$")[4]
    assert first.split("$")[5] != second.split("$")[5]


@pytest.mark.parametrize("password", [GOOD_PASSWORD, "", "пароль-密码-🔑", "a\x00b", "x" * 129])
async def test_the_hashed_password_matches(hasher: Argon2PasswordHasher, password: str) -> None:
    assert await hasher.verify(password, await hasher.hash(password)) is True


@pytest.mark.parametrize("other", ["", GOOD_PASSWORD + " ", GOOD_PASSWORD.lower(), GOOD_PASSWORD + "\x00", GOOD_PASSWORD[:-1]])
async def test_another_password_does_not_match(hasher: Argon2PasswordHasher, other: str) -> None:
    assert await hasher.verify(other, await hasher.hash(GOOD_PASSWORD)) is False


async def test_what_follows_a_null_character_counts(hasher: Argon2PasswordHasher) -> None:
    assert await hasher.verify("a\x00c", await hasher.hash("a\x00b")) is False


@pytest.mark.parametrize("password", [GOOD_PASSWORD, ""])
async def test_no_password_matches_where_there_is_no_hash(hasher: Argon2PasswordHasher, password: str) -> None:
    # The empty one, too.
    assert await hasher.verify(password, None) is False


async def test_where_there_is_no_hash_the_same_work_is_done(hasher: Argon2PasswordHasher, gate: threading.Event) -> None:
    hasher._executor.submit(gate.wait)
    verification = asyncio.create_task(hasher.verify(GOOD_PASSWORD, None))
    await asyncio.sleep(0.02)
    assert not verification.done()  # it waits for the thread, as any verification does
    gate.set()
    assert await verification is False
    assert extract_parameters(hasher._nobody) == extract_parameters(await hasher.hash(GOOD_PASSWORD))


async def test_who_comes_after_the_longest_queue_is_refused_at_once(hasher: Argon2PasswordHasher) -> None:
    outcomes = await asyncio.gather(*(hasher.hash(GOOD_PASSWORD) for _ in range(THREADS + QUEUE + 2)), return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [str] * (THREADS + QUEUE) + [BusyError] * 2


async def test_hashing_and_verifying_share_the_queue(hasher: Argon2PasswordHasher) -> None:
    outcomes = await asyncio.gather(
        *(hasher.verify(GOOD_PASSWORD, None) for _ in range(THREADS + QUEUE)), hasher.hash(GOOD_PASSWORD), return_exceptions=True
    )
    assert isinstance(outcomes[-1], BusyError)


async def test_a_place_is_free_again_when_the_work_has_ended(hasher: Argon2PasswordHasher) -> None:
    for _ in range(3):
        await asyncio.gather(*(hasher.hash(GOOD_PASSWORD) for _ in range(THREADS + QUEUE)))


async def test_a_place_is_free_again_when_the_work_has_failed(hasher: Argon2PasswordHasher) -> None:
    for _ in range(THREADS + QUEUE + 1):
        with pytest.raises(UnicodeEncodeError):
            await hasher.hash("\ud800")
    assert await hasher.hash(GOOD_PASSWORD)


async def test_a_refused_request_takes_no_place(hasher: Argon2PasswordHasher) -> None:
    many = (hasher.hash(GOOD_PASSWORD) for _ in range(20))
    await asyncio.gather(*many, return_exceptions=True)
    await asyncio.gather(*(hasher.hash(GOOD_PASSWORD) for _ in range(THREADS + QUEUE)))


async def test_who_gives_up_while_the_work_runs_does_not_free_a_place(
    hasher: Argon2PasswordHasher, gate: threading.Event
) -> None:
    running = threading.Event()

    def work() -> None:
        running.set()
        gate.wait()

    impatient = asyncio.create_task(hasher._run(work))
    await asyncio.to_thread(running.wait)
    impatient.cancel()
    with pytest.raises(asyncio.CancelledError):
        await impatient
    waiting = [asyncio.create_task(hasher.hash(GOOD_PASSWORD)) for _ in range(QUEUE + 1)]
    await asyncio.sleep(0)
    gate.set()
    outcomes = await asyncio.gather(*waiting, return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [str] * QUEUE + [BusyError]
    assert await hasher.hash(GOOD_PASSWORD)


async def test_the_event_loop_goes_on_while_passwords_are_hashed(hasher: Argon2PasswordHasher, gate: threading.Event) -> None:
    hasher._executor.submit(gate.wait)
    hashing = asyncio.create_task(hasher.hash(GOOD_PASSWORD))
    await asyncio.sleep(0)
    gate.set()  # reached although the only thread was taken
    assert await hashing
