"""Compression with zstd (RFC 8878), and encryption with age (https://age-encryption.org/v1)."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import zstandard

from tarantool_backup.domain.failures import BackupError

LEVEL = 3
MAX_BYTES = 64 * 1024 * 1024
"""More than a piece has: what is decoded is bounded."""


class ZstdAgeCoding:
    """Implements Coding. Encrypts for `recipients` (`age1…`), if there are any; decrypts with the identities in a file."""

    suffix: str

    def __init__(self, recipients: Sequence[str] = (), identity_file: Path | None = None) -> None:
        self._recipients = [_read_recipient(one) for one in recipients]
        self._identity_file = identity_file
        self.suffix = ".zst.age" if recipients else ".zst"

    def encode(self, content: bytes) -> bytes:
        """Return content as it is stored."""
        compressed = zstandard.ZstdCompressor(LEVEL, write_checksum=True).compress(content)
        if not self._recipients:
            return compressed
        encrypted: bytes = _age().encrypt(compressed, self._recipients)
        return encrypted

    def decode(self, content: bytes, suffix: str) -> bytes:
        """Return what was encoded. Raises BackupError where a key is missing, or the content is broken."""
        if suffix not in {".zst", ".zst.age"}:
            raise BackupError(f"the coding {suffix} is not known: restore with the version that has made the backup")
        try:
            compressed = self._decrypt(content) if suffix.endswith(".age") else content
            return zstandard.ZstdDecompressor().decompress(compressed, MAX_BYTES)
        except zstandard.ZstdError as error:
            raise BackupError(f"a piece is broken: {error}") from error

    def _decrypt(self, content: bytes) -> bytes:
        if self._identity_file is None:
            raise BackupError("the backup is encrypted: name the file of the age identity (--identity)")
        age = _age()
        try:
            lines = self._identity_file.read_text().splitlines()
            identities = [age.x25519.Identity.from_str(line) for line in lines if line and not line.startswith("#")]
            decrypted: bytes = age.decrypt(content, identities)
        except OSError as error:
            raise BackupError(f"cannot read {self._identity_file}: {error.strerror}") from error
        except (age.DecryptError, age.IdentityError) as error:
            raise BackupError(f"cannot decrypt with {self._identity_file}: {error}") from error
        return decrypted


def _read_recipient(text: str) -> Any:
    age = _age()
    try:
        return age.x25519.Recipient.from_str(text)
    except age.RecipientError as error:
        raise BackupError(f"{text!r} is no age recipient, age1…") from error


def _age() -> Any:
    try:
        import pyrage  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise BackupError("encryption needs the extra `encryption`: pip install tarantool-backup[encryption]") from error
    return pyrage
