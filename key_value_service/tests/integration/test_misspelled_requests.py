"""Requests with what no operation knows, and without what they may leave out."""

import httpx
import pytest

from test_support.problems import read_problem

JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize("content", [None, b""])
def test_body_that_is_wholly_optional_may_be_absent(everywhere: httpx.Client, namespace: str, content: bytes | None) -> None:
    path = f"/namespaces/{namespace}/pairs/counter/increment"
    assert everywhere.post(path, content=content).json()["value"] == 1
    assert everywhere.post(path, content=content, headers=JSON).json()["value"] == 2
    assert everywhere.put(f"/namespaces/{namespace}-new", content=content).status_code == 201
    everywhere.delete(f"/namespaces/{namespace}-new").raise_for_status()


@pytest.mark.parametrize(
    ("method", "path", "unknown", "meant"),
    [("PUT", "pairs/x?tll=60", "tll", "ttl"), ("PUT", "pair?key=x&tll=60", "tll", "ttl"), ("DELETE", "pair?kay=a", "kay", "key"),
     ("DELETE", "pairs?prefx=a", "prefx", "prefix"),
     ("GET", "changes?waits=1", "waits", "wait"),
     ("POST", "import?Mode=replace", "Mode", "mode"), ("GET", "watch?since=1", "since", None)],
)  # fmt: skip
def test_unknown_parameter_is_named_and_nothing_is_done(
    everywhere: httpx.Client, namespace: str, method: str, path: str, unknown: str, meant: str | None
) -> None:
    everywhere.put(f"/namespaces/{namespace}/pairs/a", json=1).raise_for_status()
    answer = everywhere.request(method, f"/namespaces/{namespace}/{path}", content=b"1", headers=JSON)
    read_problem(answer, 422, "rule-broken")
    (error,) = answer.json()["errors"]
    assert (error["field"], error["rule"]) == (unknown, "extra_forbidden")
    assert error["message"] == "There is no such parameter." + (f" Did you mean `{meant}`?" if meant else "")
    assert everywhere.get(f"/namespaces/{namespace}/stats").json()["pairs"] == 1


@pytest.mark.parametrize("key", ["a%zz", "100%", "%4"])
def test_key_with_a_broken_escape_is_rejected(everywhere: httpx.Client, namespace: str, key: str) -> None:
    request = everywhere.build_request("PUT", f"/namespaces/{namespace}/pairs/x", json=1)
    request.extensions["target"] = f"/namespaces/{namespace}/pairs/{key}".encode()
    read_problem(everywhere.send(request), 400, "invalid-request")
    assert everywhere.get(f"/namespaces/{namespace}/stats").json()["pairs"] == 0
