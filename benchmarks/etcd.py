"""etcd over HTTP as in production: the JSON gateway, a user with a password, RS256 tokens, fsync."""

import base64
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

import httpx
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from test_support.processes import ProcessUnderTest, reserve_port, wait_until

EVERY_KEY = base64.b64encode(b"\0").decode()
USER, PASSWORD = "client", "client-password"
_PRIVATE, _PUBLIC = "etcd_private.pem", "etcd_public.pem"


class Etcd(ProcessUnderTest):
    """A member, which signs its tokens with the key in the folder that it is in: the only one, or one of those at `peers`.

    `peers`: the members' URLs by their names, for each other.
    """

    def __init__(self, folder: Path, name: str = "default", peers: Mapping[str, str] | None = None) -> None:
        folder.mkdir(parents=True)
        self.port = reserve_port()
        peers = peers or {name: f"http://127.0.0.1:{reserve_port()}"}
        address, peer = f"http://127.0.0.1:{self.port}", peers[name]
        if not (folder.parent / _PRIVATE).exists():
            _write_keys(folder.parent)
        super().__init__(
            [
                "etcd",
                f"--name={name}",
                "--data-dir=data",
                f"--listen-client-urls={address}",
                f"--advertise-client-urls={address}",
                f"--listen-peer-urls={peer}",
                f"--initial-advertise-peer-urls={peer}",
                f"--initial-cluster={','.join(f'{name}={url}' for name, url in peers.items())}",
                f"--auth-token=jwt,pub-key=../{_PUBLIC},priv-key=../{_PRIVATE},sign-method=RS256,ttl=24h",
                "--max-request-bytes=4194304",
                "--logger=zap",
                "--log-level=error",
            ],
            {},
            folder / "etcd.log",
        )

    def start(self) -> Self:
        """Start etcd and wait until it is healthy."""
        super().start()
        return self.wait_until_healthy()

    def wait_until_healthy(self) -> Self:
        """Return once it has a leader."""
        wait_until(lambda: self._is_healthy() or not self.is_running(), "etcd healthy")
        assert self.is_running(), self.output
        return self

    def protect(self) -> str:
        """Enable authentication; return a user's token."""
        for user, role in (("root", "root"), (USER, USER)):
            self._ask("auth/user/add", name=user, password=PASSWORD)
            self._ask("auth/role/add", name=role)
            self._ask("auth/user/grant", user=user, role=role)
        self._ask("auth/role/grant", name=USER, perm={"permType": "READWRITE", "key": "AA==", "range_end": EVERY_KEY})
        self._ask("auth/enable")
        token: str = self._ask("auth/authenticate", name=USER, password=PASSWORD)["token"]
        return token

    def is_leader(self) -> bool:
        """Return whether it is the members' leader; before authentication is enabled."""
        status = self._ask("maintenance/status")
        is_leader: bool = status["header"]["member_id"] == status["leader"]
        return is_leader

    def _ask(self, path: str, **body: Any) -> Any:
        answer = httpx.post(f"http://127.0.0.1:{self.port}/v3/{path}", json=body, trust_env=False, timeout=10)
        return answer.raise_for_status().json()

    def _is_healthy(self) -> bool:
        try:
            return httpx.get(f"http://127.0.0.1:{self.port}/health", trust_env=False, timeout=2).is_success
        except httpx.HTTPError:
            return False


def _write_keys(folder: Path) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    (folder / _PRIVATE).write_bytes(private)
    (folder / _PUBLIC).write_bytes(public)
