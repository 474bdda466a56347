"""A stand-in for the authorization service's keys: tests make any token, valid or not."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

ISSUER = "http://127.0.0.1:8080"
AUDIENCE = "key_value_service"


class TokenMaker:
    """An RSA key that signs any claims."""

    def __init__(self, key_id: str = "the-key") -> None:
        self.key_id = key_id
        self.private_key = rsa.generate_private_key(public_exponent=65537, key_size=2048)

    @property
    def jwk(self) -> dict[str, Any]:
        """The public key as a JSON Web Key."""
        jwk: dict[str, Any] = RSAAlgorithm.to_jwk(self.private_key.public_key(), as_dict=True)
        return jwk | {"kid": self.key_id, "alg": "RS256", "use": "sig"}

    def claims(self, **changes: Any) -> dict[str, Any]:
        """Return the claims of a valid token with changes; a claim of None is left out."""
        now = int(time.time())
        claims = {
            "iss": ISSUER,
            "sub": "0199a1b2-0000-7000-8000-000000000001",
            "aud": AUDIENCE,
            "iat": now,
            "exp": now + 7200,  # longer than all tests take
            "jti": "an-id",
            "client_id": "first-party",
            "scope": "read:default write:default",
        } | changes
        return {name: value for name, value in claims.items() if value is not None}

    def make(self, *, header: dict[str, Any] | None = None, **changes: Any) -> str:
        """Return a signed token; `header` changes header members, other arguments change claims."""
        headers = {"typ": "at+jwt", "kid": self.key_id} | (header or {})
        return jwt.encode(self.claims(**changes), self.private_key, algorithm="RS256", headers=headers)


@contextmanager
def publish_keys(*makers: TokenMaker, host: str = "127.0.0.1") -> Iterator[str]:
    """Serve a key set on a free port of this address; yields its URL."""
    document = json.dumps({"keys": [maker.jwk for maker in makers]}).encode()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(document)))
            self.end_headers()
            self.wfile.write(document)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer((host, 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://{host}:{server.server_port}/.well-known/jwks.json"
    finally:
        server.shutdown()
        server.server_close()
