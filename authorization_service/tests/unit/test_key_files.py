"""Files of signing keys."""

import base64
import hashlib
import json
import os
import stat
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

from authorization_service.domain.exceptions import SecretUnusableError
from authorization_service.infrastructure.security.key_files import KeyFiles, PrivateKey, _thumbprint

# RFC 7638, section 3.1.
EXAMPLE_MODULUS = (
    "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMst"
    "n64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1"
    "n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw"
)
EXAMPLE_THUMBPRINT = "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"


def decode_integer(text: str) -> int:
    return int.from_bytes(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)), "big")


def write_key(path: Path, key: PrivateKeyTypes, password: bytes | None = None) -> None:
    protection = serialization.BestAvailableEncryption(password) if password else serialization.NoEncryption()
    path.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, protection))


def new_key(bits: int = 2048) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=bits)


def make_first(folder: Path) -> PrivateKey:
    """Return the folder's only key."""
    KeyFiles(folder).ensure()
    (key,) = KeyFiles(folder).load().values()
    return key


def test_first_start_creates_one_private_key(tmp_path: Path) -> None:
    folder = tmp_path / "certificates"
    key = make_first(folder)
    (path,) = folder.iterdir()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert key.private_key.key_size == 2048


def test_a_second_start_finds_the_key_of_the_first(tmp_path: Path) -> None:
    assert KeyFiles(tmp_path).ensure() == KeyFiles(tmp_path).ensure()
    assert len(list(tmp_path.iterdir())) == 1


def test_two_installations_have_different_keys(tmp_path: Path) -> None:
    assert make_first(tmp_path / "a").key_id != make_first(tmp_path / "b").key_id


def test_another_key_is_kept_beside_the_first(tmp_path: Path) -> None:
    first = make_first(tmp_path)
    half = KeyFiles(tmp_path).make()
    assert KeyFiles(tmp_path).load().keys() == {first.key_id, half.key_id}
    assert {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()} == {0o600}


def test_discarded_key_is_deleted(tmp_path: Path) -> None:
    first = make_first(tmp_path)
    files = KeyFiles(tmp_path)
    files.discard(files.make().key_id)
    assert files.load().keys() == {first.key_id}


def test_unknown_keys_are_deleted_unless_they_are_new(tmp_path: Path) -> None:
    files = KeyFiles(tmp_path)
    kept, young, old = files.make().key_id, files.make().key_id, files.make().key_id
    os.utime(tmp_path / f"{old}.pem", (1_700_000_000, 1_700_000_000))
    os.utime(tmp_path / f"{kept}.pem", (1_700_000_000, 1_700_000_000))
    assert files.remove((), {kept}, datetime.fromtimestamp(1_700_000_001, UTC)) == [old]
    assert files.load().keys() == {kept, young}


def test_expired_keys_are_deleted_however_new_their_files_are(tmp_path: Path) -> None:
    files = KeyFiles(tmp_path)
    first, second = make_first(tmp_path).key_id, files.make().key_id
    assert files.remove({first}, {second}, datetime.fromtimestamp(1_700_000_000, UTC)) == [first]
    assert files.load().keys() == {second}


def test_processes_that_start_concurrently_agree_on_one_key(tmp_path: Path) -> None:
    start = threading.Barrier(4)
    key_ids: list[str] = []

    def start_up() -> None:
        start.wait()
        key_ids.append(make_first(tmp_path).key_id)

    threads = [threading.Thread(target=start_up) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(key_ids) == 4
    assert len(set(key_ids)) == 1


def test_the_thumbprint_is_that_of_the_standards_own_example() -> None:
    key = rsa.RSAPublicNumbers(decode_integer("AQAB"), decode_integer(EXAMPLE_MODULUS)).public_key()
    assert _thumbprint(key) == EXAMPLE_THUMBPRINT


def test_a_keys_id_is_its_thumbprint(tmp_path: Path) -> None:
    half = make_first(tmp_path).public_half
    jwk = json.loads(half.jwk)
    canonical = f'{{"e":"{jwk["e"]}","kty":"RSA","n":"{jwk["n"]}"}}'
    digest = base64.urlsafe_b64encode(hashlib.sha256(canonical.encode()).digest()).rstrip(b"=").decode()
    assert jwk["kid"] == half.key_id == digest


def test_published_key_is_the_public_half_only(tmp_path: Path) -> None:
    key = make_first(tmp_path)
    jwk = json.loads(key.public_half.jwk)
    numbers = key.private_key.public_key().public_numbers()
    assert set(jwk) == {"kty", "n", "e", "kid", "alg", "use"}
    assert (jwk["kty"], jwk["alg"], jwk["use"]) == ("RSA", "RS256", "sig")
    assert (decode_integer(jwk["n"]), decode_integer(jwk["e"])) == (numbers.n, numbers.e)
    assert "=" not in jwk["n"] + jwk["e"]


def test_keys_are_ordered_by_file_name(tmp_path: Path) -> None:
    for name in ("2026-01.pem", "2026-03.pem", "2026-02.pem"):
        write_key(tmp_path / name, new_key())
    last = serialization.load_pem_private_key((tmp_path / "2026-03.pem").read_bytes(), None)
    assert isinstance(last, rsa.RSAPrivateKey)
    halves = KeyFiles(tmp_path).ensure()
    assert len(halves) == 3
    assert halves[-1].key_id == _thumbprint(last.public_key())
    assert not (tmp_path / "signing_key.pem").exists()


@pytest.mark.parametrize("key", [ec.generate_private_key(ec.SECP256R1()), ed25519.Ed25519PrivateKey.generate(), new_key(1024)])
def test_a_key_that_is_not_rsa_or_too_short_is_refused(tmp_path: Path, key: PrivateKeyTypes) -> None:
    write_key(tmp_path / "key.pem", key)
    with pytest.raises(SecretUnusableError, match="not an RSA private key of at least 2048 bits") as raised:
        KeyFiles(tmp_path).ensure()
    assert "key.pem" in str(raised.value)


def test_one_bad_key_among_good_ones_is_refused(tmp_path: Path) -> None:
    write_key(tmp_path / "good.pem", new_key())
    write_key(tmp_path / "bad.pem", new_key(1024))
    with pytest.raises(SecretUnusableError, match=r"bad\.pem"):
        KeyFiles(tmp_path).ensure()


@pytest.mark.parametrize("content", [b"", b"garbage", b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"])
def test_file_that_is_not_a_key_is_rejected_and_unchanged(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "key.pem"
    path.write_bytes(content)
    with pytest.raises(SecretUnusableError, match=r"PEM|key"):
        KeyFiles(tmp_path).ensure()
    assert path.read_bytes() == content


def test_public_key_instead_of_a_private_one_is_rejected(tmp_path: Path) -> None:
    public = new_key().public_key()
    (tmp_path / "key.pem").write_bytes(
        public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
    with pytest.raises(SecretUnusableError, match=r"PEM|key"):
        KeyFiles(tmp_path).ensure()


def test_a_key_protected_by_a_password_is_refused(tmp_path: Path) -> None:
    write_key(tmp_path / "key.pem", new_key(), password=b"password")
    with pytest.raises(SecretUnusableError, match=r"key\.pem"):
        KeyFiles(tmp_path).ensure()


def test_a_folder_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SecretUnusableError, match="file"):
        KeyFiles(tmp_path / "file").ensure()


def test_representation_of_a_key_shows_nothing_private(tmp_path: Path) -> None:
    key = make_first(tmp_path)
    assert str(key.private_key.private_numbers().d) not in repr(key)
    assert "PRIVATE" not in repr(key)
