import base64
import hashlib
import json
import stat
from pathlib import Path

import httpx
import jwt

from test_support.authorization.accounts import log_in_as_administrator
from test_support.processes import Service
from test_support.requirements import implements

PRIVATE_MEMBERS = {"d", "p", "q", "dp", "dq", "qi", "oth", "k"}


@implements("OIDC Core, 10.1")
def test_key_set_is_public_and_cacheable_and_key_ids_are_thumbprints(authorization: httpx.Client) -> None:
    answer = authorization.get("/.well-known/jwks.json")
    assert answer.headers["cache-control"] == "public, max-age=300"
    [key] = answer.json()["keys"]
    assert (key["kty"], key["alg"], key["use"]) == ("RSA", "RS256", "sig")
    assert not PRIVATE_MEMBERS & set(key)
    canonical = json.dumps({name: key[name] for name in ("e", "kty", "n")}, separators=(",", ":"))
    assert key["kid"] == base64.urlsafe_b64encode(hashlib.sha256(canonical.encode()).digest()).rstrip(b"=").decode()


@implements("RFC 9068, 2")
def test_token_is_an_access_token_of_rfc_9068(authorization_service: Service, run_folder: Path) -> None:
    token = log_in_as_administrator(authorization_service, run_folder / "authorization_service")
    keys = jwt.PyJWKClient(f"{authorization_service.url}/.well-known/jwks.json")
    claims = jwt.decode(
        token,
        keys.get_signing_key_from_jwt(token),
        ["RS256"],
        audience="key_value_service",
        issuer="http://127.0.0.1:8080",
        options={"require": ["iss", "sub", "aud", "exp", "iat", "jti", "client_id", "scope", "sid"]},
    )
    assert jwt.get_unverified_header(token)["typ"] == "at+jwt"
    assert claims["exp"] - int(claims["iat"]) == 900
    assert claims["scope"] == "read:default write:default administration"


def test_secret_files_are_readable_by_their_owner_only(authorization_service: Service, run_folder: Path) -> None:
    state = run_folder / "authorization_service/var/authorization_service"
    files = [*(state / "certificates").iterdir(), state / "administrator_password"]
    assert len(files) == 2
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    assert authorization_service.is_running()


def test_no_password_or_token_is_logged(authorization_service: Service, run_folder: Path) -> None:
    token = log_in_as_administrator(authorization_service, run_folder / "authorization_service")
    secret = "Very-secret-77"
    httpx.post(f"{authorization_service.url}/login", json={"username": "x", "password": secret}, trust_env=False)
    httpx.post(f"{authorization_service.url}/register", json={"username": "x", "password": secret}, trust_env=False)
    httpx.post(f"{authorization_service.url}/login", json={"username": secret, "pass": secret}, trust_env=False)
    httpx.get(f"{authorization_service.url}/me", headers={"Authorization": f"Bearer {token}"}, trust_env=False)
    assert token not in authorization_service.output
    assert secret not in authorization_service.output
