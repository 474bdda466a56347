"""Listing one level of a namespace's tree of keys over HTTP."""

from typing import Any

import httpx
import pytest

from test_support.problems import read_broken_rules, read_problem


@pytest.fixture
def level(everywhere: httpx.Client, namespace: str) -> str:
    """The path of the levels of a namespace with five children."""
    keys = ["a", "a/1", "a/2", "é&=/\U0001f600", "é&=/x/y", 'c"\\']
    everywhere.post("/write", json={"namespace": namespace, "data": dict.fromkeys(keys, 1), "ttl": 3600}).raise_for_status()
    return f"/namespaces/{namespace}/children"


def list_all(client: httpx.Client, path: str, **query: Any) -> list[str]:
    """Return the texts of the children of all pages, following the links."""
    found: list[str] = []
    page = client.get(path, params=query).raise_for_status()
    while True:
        found += [child.get("prefix") or child["key"] for child in page.json()["children"]]
        if page.json()["next_cursor"] is None:
            assert "next" not in page.links
            return found
        assert page.json()["next_cursor"] in page.links["next"]["url"]
        page = client.get(page.links["next"]["url"]).raise_for_status()


def test_level_has_metadata_of_pairs_and_prefixes(everywhere: httpx.Client, namespace: str, level: str) -> None:
    page = everywhere.get(level).raise_for_status().json()
    known = everywhere.post("/read", json={"namespace": namespace, "keys": ["a", 'c"\\'], "metadata": True}).json()
    leaves = [{"key": key, **known["metadata"][key]} for key in ("a", 'c"\\')]
    assert page["children"] == [leaves[0], {"prefix": "a/"}, leaves[1], {"prefix": "é&=/"}]
    assert (page["revision"], page["next_cursor"]) == (known["revision"], None)


@pytest.mark.parametrize("limit", [1, 2, 3, 4, 1000])
def test_links_lead_through_a_level(everywhere: httpx.Client, level: str, limit: int) -> None:
    children = ["a", "a/", 'c"\\', "é&=/"]
    assert list_all(everywhere, level, limit=limit) == children
    assert list_all(everywhere, level, limit=limit, reverse=True) == children[::-1]
    assert list_all(everywhere, level, limit=limit, start="a/2") == children[1:]
    assert list_all(everywhere, level, limit=limit, prefix="é&=/") == ["é&=/x/", "é&=/\U0001f600"]
    assert list_all(everywhere, level, limit=limit, delimiter="/x") == ["a", "a/1", "a/2", 'c"\\', "é&=/x", "é&=/\U0001f600"]


def test_cursor_is_valid_for_its_level_alone(everywhere: httpx.Client, namespace: str, level: str) -> None:
    cursor = everywhere.get(level, params={"limit": 1}).json()["next_cursor"]
    for query in ({"prefix": "a"}, {"delimiter": "//"}, {"start": "a"}, {"reverse": "true"}):
        answer = everywhere.get(level, params={"cursor": cursor, **query})
        assert read_broken_rules(answer) == {("cursor", "cursor")}
    assert read_broken_rules(everywhere.get(f"/namespaces/{namespace}/pairs", params={"cursor": cursor})) == {
        ("cursor", "cursor")
    }


def test_nonsense_is_rejected(everywhere: httpx.Client, level: str) -> None:
    for delimiter in ("", "é" * 257):
        assert read_broken_rules(everywhere.get(level, params={"delimiter": delimiter})) == {("delimiter", "length")}
    for query in ({"limit": 0}, {"limit": 1001}, {"prefix": "a" * 513}, {"start": "a" * 513}, {"reverse": "perhaps"}):
        read_problem(everywhere.get(level, params=query), 422, "rule-broken")
    read_problem(everywhere.get("/namespaces/absent/children"), 404, "no-such-namespace")
