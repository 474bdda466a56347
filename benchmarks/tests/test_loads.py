"""What is sent, and what is made of what comes back."""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from benchmarks.fixed_rate import MAX_TURNS, Answered, Run, choose_undisturbed, percentile, take_turns
from benchmarks.machine import Layout
from benchmarks.open_loop import Generator, Plan
from benchmarks.overload import recovery_seconds
from benchmarks.works import BARE, ETCD, OURS, READ_ONE, VALUE, VALUE_TEXT, WEBDIS, WORKS, WRITE_ONE, Request, Work

WINDOW = 0.1


@pytest.mark.parametrize(("percent", "value"), [(50, 5), (90, 9), (99, 10), (0, 1)])
def test_percentiles_are_values_that_were_measured(percent: float, value: int) -> None:
    assert percentile(range(1, 11), percent) == value


def test_there_is_no_percentile_of_nothing() -> None:
    assert percentile([], 99) == float("inf")


CLEAN, LATE = (Run([], 0, 0.9),), (Run([], 0, 0.1), Run([], 0, 1.1))


def test_turns_are_taken_again_where_the_generator_was_late() -> None:
    coming = iter([LATE, CLEAN, LATE, CLEAN, CLEAN])
    turns = take_turns(2, lambda: next(coming))
    assert turns == [LATE, CLEAN, LATE, CLEAN]
    remarks: list[str] = []
    assert choose_undisturbed(turns, "Reads", remarks) == [CLEAN, CLEAN]
    [remark] = remarks
    assert "2 of 4" in remark


def test_a_machine_that_is_never_left_alone_is_measured_all_the_same() -> None:
    turns = take_turns(2, lambda: LATE)
    assert turns == [LATE] * 2 * MAX_TURNS
    remarks: list[str] = []
    assert choose_undisturbed(turns, "Reads", remarks) == turns
    assert remarks


def test_undisturbed_turns_need_no_remark() -> None:
    remarks: list[str] = []
    assert choose_undisturbed([CLEAN], "Reads", remarks) == [CLEAN]
    assert not remarks


@pytest.mark.parametrize(
    ("cores", "server", "store", "load"),
    [([0, 1, 2, 3, 4], [0], [1], [2, 3]), ([4, 5, 6], [4], [5], [6]), ([0, 1], [0], [1], [1]), ([7], [7], [7], [7])],
)
def test_cores_are_given_out_as_far_as_they_go(cores: list[int], server: list[int], store: list[int], load: list[int]) -> None:
    layout = Layout.of(cores)
    assert [sorted(given) for given in (layout.server, layout.store, layout.load)] == [server, store, load]
    assert layout.is_separate == (len(cores) > 2)


@pytest.mark.parametrize("work", WORKS, ids=lambda work: work.name)
def test_every_work_says_the_same_to_all(work: Work) -> None:
    assert work.requests(OURS) == work.requests(BARE)
    assert len(work.requests(ETCD)) == len(work.requests(OURS))
    requests = [request for name in (OURS, ETCD, WEBDIS) for request in work.requests(name)]
    assert all(json.loads(request.body) if request.body else request.method == "GET" for request in requests)


@pytest.mark.parametrize(("work", "value"), [(READ_ONE, b""), (WRITE_ONE, VALUE_TEXT.encode())])
def test_webdis_has_the_same_keys_in_its_paths(work: Work, value: bytes) -> None:
    of_ours, of_webdis = work.requests(OURS), work.requests(WEBDIS)
    assert len(of_ours) == len(of_webdis)
    for ours, webdis in zip(of_ours, of_webdis, strict=True):
        _, command, key = webdis.path.split("/")
        assert command == ("SET" if value else "GET")
        assert json.loads(ours.body) == ({"data": {key: VALUE}} if value else {"keys": [key]})
        assert webdis.body == value


def test_the_bare_app_may_lack_an_operation() -> None:
    work = Work("/count", ours=[Request.of("/count", {})], bare_app_has_it=False)
    assert not work.requests(BARE)
    assert not work.requests(ETCD)


def _answers(*windows: tuple[int, float]) -> list[Answered]:
    """A calm second, then windows of a status and a latency, after a storm that ended at once."""
    calm = [Answered("0", moment / 10, 4.0, 200) for moment in range(10)]
    return calm + [Answered("0", 1 + WINDOW * (place + 0.5), late, status) for place, (status, late) in enumerate(windows)]


CALM, SLOW, REFUSED = (200, 9.0), (200, 90.0), (503, 1.0)


@pytest.mark.parametrize(
    ("windows", "seconds"),
    [
        ([CALM] * 5, 0.0),
        ([SLOW, REFUSED, CALM, CALM, CALM, SLOW], 0.2),
        ([CALM, CALM, SLOW, CALM, CALM, CALM], 0.3),
        ([SLOW] * 9, float("inf")),
    ],
)
def test_a_storm_is_over_when_three_windows_in_a_row_are_calm(windows: list[tuple[int, float]], seconds: float) -> None:
    assert recovery_seconds(_answers(*windows), calm_seconds=1, storm_ends=1) == pytest.approx(seconds)


class _Refusing(BaseHTTPRequestHandler):
    """Refuses every second request, and hangs up after each."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        number = int(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(503 if number % 2 else 200)
        self.send_header("Retry-After", "1")
        self.send_header("Connection", "close")
        self.send_header("Content-Length", "5")
        self.end_headers()
        self.wfile.write(b"hello")

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def test_the_open_loop_tells_of_every_request_what_became_of_it() -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Refusing) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        request = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 7\r\n\r\n#######"
        plan = Plan(
            port=server.server_port,
            phases=[(100, 0.2), (300, 0.1)],
            connections=4,
            requests=[request],
            waits_for_connection=True,
            seed=1,
            starts_at=time.monotonic(),
        )
        outcome = Generator(plan).run()
        server.shutdown()
    statuses = list(outcome.statuses)
    assert len(statuses) > 20
    assert statuses == [503 if number % 2 else 200 for number in range(len(statuses))]
    assert outcome.retry_after == statuses.count(503)
    assert list(outcome.due) == sorted(outcome.due)
    assert all(left >= due for due, left in zip(outcome.due, outcome.left, strict=True))
    assert all(milliseconds > 0 for milliseconds in outcome.milliseconds)
