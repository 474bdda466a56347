"""Encryption of authenticator apps' secrets."""

import stat
from base64 import urlsafe_b64encode
from pathlib import Path
from secrets import token_bytes

import pytest

from authorization_service.domain.exceptions import SecretUnusableError
from authorization_service.domain.value_objects.totp_secret import TotpSecret
from authorization_service.infrastructure.security.factor_key import FernetSealer


def new_key() -> str:
    return urlsafe_b64encode(token_bytes(32)).decode()


def test_missing_key_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    path, secret = tmp_path / "secrets/factor_key", TotpSecret.new()
    sealed = FernetSealer.load(path).seal(secret, "anna")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert secret.value not in sealed
    assert FernetSealer.load(path).open(sealed, "anna") == secret


def test_secret_of_another_user_or_key_is_not_opened(tmp_path: Path) -> None:
    sealer = FernetSealer.load(tmp_path / "one")
    sealed = sealer.seal(TotpSecret.new(), "anna")
    assert sealer.open(sealed, "bella") is None
    assert FernetSealer.load(tmp_path / "other").open(sealed, "anna") is None
    for damaged in ("", sealed[:-4], "я", sealed.swapcase()):
        assert sealer.open(damaged, "anna") is None


def test_key_is_replaced_by_a_line_before_it(tmp_path: Path) -> None:
    path, old, new, secret = tmp_path / "factor_key", new_key(), new_key(), TotpSecret.new()
    path.write_text(f"{old}\n")
    sealed = FernetSealer.load(path).seal(secret, "anna")
    path.write_text(f"{new}\n{old}\n")
    both = FernetSealer.load(path)
    assert both.open(sealed, "anna") == secret
    again = both.seal(secret, "anna")
    path.write_text(f"{new}\n")
    assert FernetSealer.load(path).open(again, "anna") == secret
    assert FernetSealer.load(path).open(sealed, "anna") is None


@pytest.mark.parametrize("content", ["", "nonsense\n", "c2hvcnQ=\n", f"{'x' * 100}\n", "я\n"])
def test_unusable_key_is_refused_without_being_shown(tmp_path: Path, content: str) -> None:
    path = tmp_path / "factor_key"
    path.write_text(content)
    with pytest.raises(SecretUnusableError) as refused:
        FernetSealer.load(path)
    assert str(path) in str(refused.value)
    assert not content.strip() or content.strip() not in str(refused.value)
