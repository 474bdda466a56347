"""The signing keys in one process."""

from datetime import datetime, timedelta
from pathlib import Path

import jwt
import pytest

from authorization_service.application.auth.require_administrator import OPERATOR
from authorization_service.application.key.ensure_key import EnsureSigningKey
from authorization_service.application.key.manage_keys import RotateKeys
from authorization_service.domain.entities.signing_key import RotationPolicy
from authorization_service.infrastructure.security.key_files import KeyFiles
from authorization_service.infrastructure.security.key_ring import KeyRing
from shared_kernel.application.authentication import SigningKeysUnknownError
from shared_kernel.application.availability import StoreUnavailableError
from test_support.authorization.fake_keys import InMemorySigningKeyRepository
from test_support.authorization.fakes import NOON, REQUIRE_ADMINISTRATOR

PUBLICATION, LIFETIME = timedelta(minutes=10), timedelta(minutes=15)


class Process:
    """A key ring, its sources, and a clock under control."""

    def __init__(self, folder: Path) -> None:
        self.passed = timedelta(0)
        self.folder = folder
        self.files = KeyFiles(folder)
        self.repository = InMemorySigningKeyRepository()
        policy = RotationPolicy(PUBLICATION, LIFETIME)
        self.ensure = EnsureSigningKey(self.repository, self.files, policy, self.now)
        self.rotate = RotateKeys(REQUIRE_ADMINISTRATOR, self.repository, self.files, policy, self.now)
        self.ring = KeyRing(self.repository, self.files, self.now)

    def now(self) -> datetime:
        return NOON + self.passed

    def published(self) -> set[str]:
        return {key.key_id for key in jwt.PyJWKSet.from_json(self.ring.key_set.decode()).keys if key.key_id}


@pytest.fixture
async def process(tmp_path: Path) -> Process:
    process = Process(tmp_path)
    await process.ensure()
    await process.ring.refresh()
    return process


async def test_nothing_is_signed_verified_or_published_before_the_keys_are_known(tmp_path: Path) -> None:
    ring = Process(tmp_path).ring
    await ring.refresh()
    assert not await ring.is_available()
    for use in (lambda: ring.current, lambda: ring.key_set, lambda: ring.find("x")):
        with pytest.raises(SigningKeysUnknownError):
            use()


async def test_the_first_key_signs_and_is_published(process: Process) -> None:
    assert await process.ring.is_available()
    assert process.published() == {process.ring.current.key_id} == set(process.files.load())


async def test_a_public_key_is_found_by_its_id(process: Process) -> None:
    key = process.ring.current
    found = process.ring.find(key.key_id)
    assert found is not None
    assert found.public_numbers() == key.private_key.public_key().public_numbers()


@pytest.mark.parametrize("key_id", ["", "unknown", "signing_key", "signing_key.pem"])
async def test_an_unknown_id_finds_no_key(process: Process, key_id: str) -> None:
    assert process.ring.find(key_id) is None


async def test_new_key_is_published_by_the_next_refresh_and_signs_at_its_time(process: Process) -> None:
    first = process.ring.current.key_id
    generation = process.ring.generation
    second = (await process.rotate(OPERATOR)).id
    await process.ring.refresh()
    assert process.published() == {first, second}
    assert process.ring.generation == generation + 1
    process.passed = PUBLICATION - timedelta(microseconds=1)
    assert process.ring.current.key_id == first
    process.passed = PUBLICATION
    assert process.ring.current.key_id == second, "without another look"
    assert process.ring.find(first) is not None


async def test_old_key_is_withdrawn_when_its_last_token_has_expired(process: Process) -> None:
    first = process.ring.current.key_id
    second = (await process.rotate(OPERATOR)).id
    process.passed = PUBLICATION + LIFETIME + timedelta(minutes=1)
    await process.ring.refresh()
    assert process.published() == {second}
    assert process.ring.find(first) is None


async def test_refresh_without_changes_keeps_the_generation(process: Process) -> None:
    generation = process.ring.generation
    await process.ring.refresh()
    assert process.ring.generation == generation


async def test_a_process_whose_folder_lacks_the_newest_key_publishes_it_and_signs_with_the_one_before(process: Process) -> None:
    first = process.ring.current.key_id
    second = (await process.rotate(OPERATOR)).id
    (process.folder / f"{second}.pem").rename(process.folder / "away")
    await process.ring.refresh()
    process.passed = PUBLICATION
    assert process.published() == {first, second}
    assert process.ring.current.key_id == first
    (process.folder / "away").rename(process.folder / f"{second}.pem")
    await process.ring.refresh()
    assert process.ring.current.key_id == second


async def test_a_process_without_any_of_the_keys_is_not_ready(process: Process, tmp_path: Path) -> None:
    ring = KeyRing(process.repository, KeyFiles(tmp_path / "elsewhere"), process.now)
    await ring.refresh()
    assert not await ring.is_available()
    with pytest.raises(SigningKeysUnknownError):
        _ = ring.current
    assert ring.key_set == process.ring.key_set


async def test_file_that_is_not_a_key_does_not_affect_the_known_keys(process: Process) -> None:
    first = process.ring.current.key_id
    (process.folder / "garbage.pem").write_text("garbage")
    await process.rotate(OPERATOR)
    await process.ring.refresh()
    assert process.ring.current.key_id == first


async def test_known_keys_stay_in_use_while_the_store_is_unavailable(process: Process, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fail() -> None:
        raise StoreUnavailableError

    before = process.ring.current
    monkeypatch.setattr(process.repository, "list", fail)
    with pytest.raises(StoreUnavailableError):
        await process.ring.refresh()
    assert process.ring.current == before
