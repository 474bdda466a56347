"""The keys that access tokens are signed with."""

import base64
import hashlib
import stat
import threading
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

from authorization_service.infrastructure.security.signing_keys import SigningKeys, _thumbprint

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


def test_the_first_start_makes_one_private_key(tmp_path: Path) -> None:
    folder = tmp_path / "certificates"
    keys = SigningKeys(folder)
    (path,) = folder.iterdir()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert keys.current.private_key.key_size == 2048
    assert len(keys.key_set["keys"]) == 1


def test_a_second_start_finds_the_key_of_the_first(tmp_path: Path) -> None:
    first, second = SigningKeys(tmp_path), SigningKeys(tmp_path)
    assert first.key_set == second.key_set
    assert len(list(tmp_path.iterdir())) == 1


def test_two_installations_have_different_keys(tmp_path: Path) -> None:
    assert SigningKeys(tmp_path / "a").current.key_id != SigningKeys(tmp_path / "b").current.key_id


def test_processes_that_start_at_once_agree_on_one_key(tmp_path: Path) -> None:
    start = threading.Barrier(4)
    key_ids: list[str] = []

    def start_up() -> None:
        start.wait()
        key_ids.append(SigningKeys(tmp_path).current.key_id)

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
    keys = SigningKeys(tmp_path)
    (jwk,) = keys.key_set["keys"]
    canonical = f'{{"e":"{jwk["e"]}","kty":"RSA","n":"{jwk["n"]}"}}'
    digest = base64.urlsafe_b64encode(hashlib.sha256(canonical.encode()).digest()).rstrip(b"=").decode()
    assert jwk["kid"] == keys.current.key_id == digest


def test_the_published_key_is_the_public_half_and_nothing_more(tmp_path: Path) -> None:
    keys = SigningKeys(tmp_path)
    (jwk,) = keys.key_set["keys"]
    numbers = keys.current.private_key.public_key().public_numbers()
    assert set(jwk) == {"kty", "n", "e", "kid", "alg", "use"}
    assert (jwk["kty"], jwk["alg"], jwk["use"]) == ("RSA", "RS256", "sig")
    assert (decode_integer(jwk["n"]), decode_integer(jwk["e"])) == (numbers.n, numbers.e)
    assert "=" not in jwk["n"] + jwk["e"]


def test_the_last_of_several_keys_signs_and_all_are_published(tmp_path: Path) -> None:
    for name in ("2026-01.pem", "2026-03.pem", "2026-02.pem"):
        write_key(tmp_path / name, new_key())
    keys = SigningKeys(tmp_path)
    last = serialization.load_pem_private_key((tmp_path / "2026-03.pem").read_bytes(), None)
    assert isinstance(last, rsa.RSAPrivateKey)
    assert keys.current.private_key.private_numbers() == last.private_numbers()
    assert len(keys.key_set["keys"]) == 3
    assert not (tmp_path / "signing_key.pem").exists()


def test_a_public_key_is_found_by_its_id(tmp_path: Path) -> None:
    keys = SigningKeys(tmp_path)
    found = keys.find(keys.current.key_id)
    assert found is not None
    assert found.public_numbers() == keys.current.private_key.public_key().public_numbers()


@pytest.mark.parametrize("key_id", ["", "unknown", "signing_key", "signing_key.pem"])
def test_an_unknown_id_finds_no_key(tmp_path: Path, key_id: str) -> None:
    assert SigningKeys(tmp_path).find(key_id) is None


@pytest.mark.parametrize("key", [ec.generate_private_key(ec.SECP256R1()), ed25519.Ed25519PrivateKey.generate(), new_key(1024)])
def test_a_key_that_is_not_rsa_or_too_short_is_refused(tmp_path: Path, key: PrivateKeyTypes) -> None:
    write_key(tmp_path / "key.pem", key)
    with pytest.raises(ValueError, match="not an RSA private key of at least 2048 bits") as raised:
        SigningKeys(tmp_path)
    assert "key.pem" in str(raised.value)


def test_one_bad_key_among_good_ones_is_refused(tmp_path: Path) -> None:
    write_key(tmp_path / "good.pem", new_key())
    write_key(tmp_path / "bad.pem", new_key(1024))
    with pytest.raises(ValueError, match=r"bad\.pem"):
        SigningKeys(tmp_path)


@pytest.mark.parametrize("content", [b"", b"garbage", b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"])
def test_a_file_that_is_no_key_is_refused_and_left_alone(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "key.pem"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"PEM|key"):
        SigningKeys(tmp_path)
    assert path.read_bytes() == content


def test_a_public_key_in_a_private_ones_place_is_refused(tmp_path: Path) -> None:
    public = new_key().public_key()
    (tmp_path / "key.pem").write_bytes(
        public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
    with pytest.raises(ValueError, match=r"PEM|key"):
        SigningKeys(tmp_path)


def test_a_key_protected_by_a_password_is_refused(tmp_path: Path) -> None:
    write_key(tmp_path / "key.pem", new_key(), password=b"password")
    with pytest.raises(ValueError, match=r"key\.pem"):
        SigningKeys(tmp_path)


def test_a_folder_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match="file"):
        SigningKeys(tmp_path / "file")


def test_a_key_shows_nothing_private(tmp_path: Path) -> None:
    key = SigningKeys(tmp_path).current
    assert str(key.private_key.private_numbers().d) not in repr(key)
    assert "PRIVATE" not in repr(key)
