"""Checks of problem documents (RFC 9457)."""

from typing import Any

import httpx


def read_problem(response: httpx.Response, status: int, name: str) -> dict[str, Any]:
    """Check status, type and the members that every problem has; return all members."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    problem: dict[str, Any] = response.json()
    assert problem["type"] == f"urn:problem-type:{name}"
    assert problem["status"] == status
    assert problem["request_id"] == response.headers["x-request-id"]
    assert problem["title"]
    assert problem["detail"]
    assert "Traceback" not in response.text
    return problem


def read_broken_rules(response: httpx.Response) -> set[tuple[str, str]]:
    """Return the fields and rules that a 422 names."""
    problem = read_problem(response, 422, "rule-broken")
    assert all(error["message"] for error in problem["errors"])
    return {(error["field"], error["rule"]) for error in problem["errors"]}
