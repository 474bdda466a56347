"""`kv top` against real services with metrics, and what it makes of them."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from key_value_cli.measurements import compare, find_quantile, parse_metrics
from key_value_client.client import Client
from test_support.processes import reserve_port
from test_support.store import Store, running_store

from .conftest import Kv, give_grants

METRICS = """# HELP http_request_duration_seconds From the arrival
# TYPE http_request_duration_seconds histogram
http_request_duration_seconds_bucket{le="0.001",method="POST",route="/read",status="2xx"} %d
http_request_duration_seconds_bucket{le="0.01",method="POST",route="/read",status="2xx"} %d
http_request_duration_seconds_bucket{le="+Inf",method="POST",route="/read",status="2xx"} %d
http_request_duration_seconds_count{method="POST",route="/read",status="2xx"} %d
http_streams_open 3.0
odd{a="x\\"y\\\\",b="\\n{}"} 1.5e-3 1700000000
"""


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Store, str]]:
    port = reserve_port()
    with running_store(tmp_path_factory.mktemp("measured"), {}, {"KEY_VALUE_METRICS_PORT": str(port)}) as store:
        give_grants(store, "admin:*")
        yield store, f"http://127.0.0.1:{port}/metrics"


@pytest.fixture
def shell_of_measured(measured: tuple[Store, str], tmp_path: Path) -> Kv:
    kv = Kv(tmp_path, measured[0]).log_in()
    kv.environment["KV_METRICS"] = measured[1]
    return kv


def test_page_has_what_happened_meanwhile(measured: tuple[Store, str], shell_of_measured: Kv) -> None:
    store, _ = measured
    with (
        shell_of_measured.running("top", "--interval", "300ms", "--output", "json") as shown,
        Client(
            store.key_value.url,
            authorization_url=store.authorization.url,
            username="admin",
            password=store.administrator_password,
        ) as client,
    ):
        pairs = client.namespace("default")
        for number in range(10_000):
            pairs.put("a", number)
            if number % 10 == 0:
                page = json.loads(shown.read_line())
                writes = [
                    one for one in page["operations"] if (one["method"], one["route"]) == ("PUT", "/namespaces/{namespace}/pair")
                ]
                (held,) = [one for one in page["namespaces"] if one["name"] == "default"]
                if writes and held["changes"]:
                    break
    assert 0 < writes[0]["p50_milliseconds"] <= writes[0]["p99_milliseconds"]
    assert 0 < writes[0]["rate"] <= page["requests"]
    assert (writes[0]["failed"], page["failed"], page["notes"]) == (0, 0, [])
    assert (held["pairs"], held["revision"]) == (1, held["revision"])
    assert held["bytes"] > 0


def test_people_get_tables_and_a_terminal_a_page(shell_of_measured: Kv) -> None:
    shell_of_measured("put", "a", "1")
    text = shell_of_measured("top", "--interval", "50ms", "--limit", "2")
    assert text.count("watchers and other streams") == 2
    assert "namespace  changes/s  pairs" in text
    assert "\ndefault " in text
    shown = shell_of_measured.show("top", "--interval", "50ms", "--limit", "1")
    assert "\x1b[?1049h" in shown  # the alternate screen
    assert "default" in shown


def test_what_cannot_be_read_is_noted_and_the_rest_shown(shell_of_measured: Kv, measured: tuple[Store, str]) -> None:
    absent = f"http://127.0.0.1:{reserve_port()}/metrics"
    no_metrics = f"{measured[0].key_value.url}/openapi.json"
    urls = ("--metrics", absent, "--metrics", no_metrics, "--metrics", "nonsense", "--metrics", measured[1])
    (page,) = shell_of_measured.read("top", "--interval", "50ms", "--limit", "1", *urls)
    assert [note.partition(": ")[0] for note in page["notes"]] == [absent, no_metrics, "nonsense"]
    assert page["namespaces"]


@pytest.mark.parametrize("arguments", [("--interval", "0"), ("--interval", "never"), ("--limit", "0")])
def test_wrong_usage_is_one_line(shell_of_measured: Kv, arguments: tuple[str, str]) -> None:
    shell_of_measured.refuse(2, "top", *arguments)


def test_traffic_is_what_the_samples_have_grown_by() -> None:
    before, after = parse_metrics(METRICS % (10, 10, 10, 10)), parse_metrics(METRICS % (60, 100, 110, 110))
    (one,) = compare([before], [after], 2.0)
    assert (one.method, one.route, one.rate, one.refused, one.failed) == ("POST", "/read", 50.0, 0.0, 0.0)
    assert one.milliseconds[0.5] == pytest.approx(1.0)
    assert one.milliseconds[0.95] == 10  # beyond the last bound
    assert after["odd", (("a", 'x"y\\'), ("b", "\n{}"))] == 0.0015


def test_restarted_process_counts_from_0() -> None:
    before, after = parse_metrics(METRICS % (90, 90, 90, 90)), parse_metrics(METRICS % (4, 4, 4, 4))
    assert [one.rate for one in compare([before, before], [after, before], 2.0)] == [2.0]


def test_nothing_has_no_quantile_and_no_traffic() -> None:
    assert find_quantile({}, 0.5) is None
    assert find_quantile({0.1: 0.0, float("inf"): 0.0}, 0.5) is None
    reading = parse_metrics(METRICS % (1, 1, 1, 1))
    assert compare([reading], [reading], 1.0) == []
    assert compare([], [], 1.0) == []


@pytest.mark.parametrize("text", ["<html>", "{}", "a", "a{ 1", "a 1 2 3", "a b"])
def test_other_texts_are_no_metrics(text: str) -> None:
    with pytest.raises(ValueError, match=r"no metrics|could not convert"):
        parse_metrics(text)
