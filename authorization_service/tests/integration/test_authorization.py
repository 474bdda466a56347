"""Every administrative operation requires an administrator, whatever its arguments."""

import re
from typing import Any

import httpx
import pytest
from fastapi.routing import APIRoute

from authorization_service.composition.service import CONTROLLERS
from authorization_service.presentation.pages.page import PageOperation
from test_support.authorization.people import Person
from test_support.problems import read_problem

ROUTES = {
    f"{method} {route.path}": route
    for controller in CONTROLLERS
    for route in controller.routes
    if isinstance(route, APIRoute) and not isinstance(route, PageOperation)
    for method in route.methods or ()
}
# Operations for everybody or for every user. Any other one is administrative; so is a new one, unless it is listed here.
NOT_ADMINISTRATIVE = {
    "GET /me", "PATCH /me", "DELETE /me", "POST /me/password", "GET /sessions", "DELETE /sessions/{session_id}", "POST /logout",
    "POST /logout/all", "POST /register", "POST /login", "POST /login/second-factor", "POST /login/passkey/begin",
    "POST /login/passkey", "POST /me/factors/passkeys", "POST /me/factors/passkeys/confirm", "GET /me/factors",
    "POST /me/factors/totp",
    "POST /me/factors/totp/confirm", "DELETE /me/factors/{factor_id}", "POST /me/recovery-codes", "POST /refresh", "POST /token",
    "POST /revoke", "POST /introspect", "GET /revocations", "GET /.well-known/jwks.json",
    "GET /.well-known/oauth-authorization-server", "GET /.well-known/openid-configuration", "GET /userinfo", "POST /userinfo",
    "POST /device_authorization", "POST /par",
}  # fmt: skip
ADMINISTRATIVE = sorted(ROUTES.keys() - NOT_ADMINISTRATIVE)
NAMES = ["admin", "nobody", "-"]  # known, unknown and one that breaks the rules of usernames, groups, grants and client ids


def send(person: Person, operation: str, name: str) -> httpx.Response:
    """Send a request for an operation, with this name wherever its path or its body takes one."""
    bodies: dict[str, Any] = {
        "POST /clients": {"client_id": name, "scopes": [name]},
        "PATCH /users/{username}": {"role": "administrator"},
        "POST /signing-keys": {},
        "PUT /policy": {"administrators_need_second_factor": True},
    }
    method, path = operation.split(" ")
    return person(method, re.sub(r"{\w+}", name, path), bodies.get(operation))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("operation", ADMINISTRATIVE)
def test_member_is_refused_before_any_lookup(anna: Person, operation: str, name: str) -> None:
    read_problem(send(anna, operation, name), 403, "administrator-required")


@pytest.mark.parametrize("operation", ADMINISTRATIVE)
def test_access_token_is_required(anna: Person, operation: str) -> None:
    anna.token = ""
    read_problem(send(anna, operation, "nobody"), 401, "authentication-required")


@pytest.mark.parametrize("operation", ADMINISTRATIVE)
def test_administrators_token_needs_the_scope(administrator: Person, operation: str) -> None:
    form = {"grant_type": "password", "username": "admin", "password": administrator.password, "scope": "read:default"}
    administrator.token = ""
    administrator.token = administrator.send("POST", "/token", data=form).raise_for_status().json()["access_token"]
    read_problem(send(administrator, operation, "nobody"), 403, "insufficient-scope")


def test_member_may_not_introspect(anna: Person) -> None:
    answer = anna.send("POST", "/introspect", data={"token": "x"})
    assert (answer.status_code, answer.json()["error"]) == (403, "access_denied")


def test_administrative_operations_document_the_refusal() -> None:
    declared = {operation for operation, route in ROUTES.items() if "Administrator" in str(route.responses.get(403))}
    assert declared == {*ADMINISTRATIVE, "POST /introspect"}  # the latter also accepts client credentials
    assert ROUTES.keys() >= NOT_ADMINISTRATIVE
    assert len(ADMINISTRATIVE) > 20
