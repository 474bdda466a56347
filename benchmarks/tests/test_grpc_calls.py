"""What h2load sends, and what is made of what it printed."""

import base64
import json
import struct

import pytest

from benchmarks.alternatives import CALLS
from benchmarks.grpc_calls import count_succeeded, parse, put_call, range_call
from benchmarks.works import ETCD, READ_ONE, WRITE_ONE, Work

OUTPUT = """starting benchmark...
finished in 2.00s, 3036.50 req/s, 199.00KB/s
requests: 6010 total, 6042 started, 6010 done, 6000 succeeded, 10 failed, 10 errored, 0 timeout
"""
LOG = [f"1795859300972519\t200\t{milliseconds}000" for milliseconds in range(1, 101)]
METRICS = """# TYPE grpc_server_handled_total counter
grpc_server_handled_total{grpc_code="OK",grpc_method="Put",grpc_service="etcdserverpb.KV",grpc_type="unary"} 1.1105e+06
grpc_server_handled_total{grpc_code="OK",grpc_method="Range",grpc_service="etcdserverpb.KV",grpc_type="unary"} 9433
grpc_server_handled_total{grpc_code="Unknown",grpc_method="Range",grpc_service="etcdserverpb.KV",grpc_type="unary"} 18
"""


def test_a_call_is_a_length_and_a_message() -> None:
    assert range_call("k").body == b"\x00\x00\x00\x00\x03\x0a\x01k"
    assert put_call("k", "v").body == b"\x00\x00\x00\x00\x06\x0a\x01k\x12\x01v"


@pytest.mark.parametrize("work", [READ_ONE, WRITE_ONE], ids=lambda work: work.name)
def test_etcd_gets_the_same_by_grpc_as_by_its_gateway(work: Work) -> None:
    call = CALLS[work.name]
    assert struct.unpack(">?I", call.body[:5]) == (False, len(call.message))
    of_gateway = {base64.b64decode(text) for text in json.loads(work.requests(ETCD)[0].body).values()}
    assert {call.message[2:14], call.message[16:]} - {b""} == of_gateway


def test_a_text_whose_length_needs_several_bytes_is_refused() -> None:
    with pytest.raises(ValueError, match="longer"):
        range_call("k" * 128)


def test_etcd_says_how_many_calls_succeeded() -> None:
    assert count_succeeded(METRICS, "Put") == 1_110_500
    assert count_succeeded(METRICS, "Range") == 9433
    assert count_succeeded(METRICS, "Txn") == 0


def test_calls_whose_status_was_not_ok_were_not_done() -> None:
    sample = parse(OUTPUT, LOG, succeeded=4000, cpu_seconds=1.2)
    assert sample.per_second == 2000
    assert sample.cpu_seconds_per_million == pytest.approx(300)
    assert (sample.refused, sample.broken) == (2000, 10)


def test_calls_that_succeeded_when_the_time_was_up_do_not_count() -> None:
    assert parse(OUTPUT, LOG, succeeded=6032, cpu_seconds=1).per_second == 3000


def test_latency_of_calls_is_in_milliseconds() -> None:
    sample = parse(OUTPUT, LOG, succeeded=6000, cpu_seconds=1)
    assert (sample.p50, sample.p90, sample.p99) == (50, 90, 99)


def test_output_of_h2load_without_summary_is_refused() -> None:
    with pytest.raises(ValueError, match="could not connect"):
        parse("could not connect to host", [], succeeded=0, cpu_seconds=1)
