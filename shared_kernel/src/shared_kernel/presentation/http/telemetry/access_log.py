"""The access log, a line a request: method, route, status, time, ids of user, request and trace, and the bytes of a stream."""

import functools
import logging
import sys
import time
from collections.abc import Sequence
from json.encoder import encode_basestring_ascii
from typing import Any

import structlog

from shared_kernel.presentation.http.telemetry.request_log import Record

MAX_BATCHES = 4
"""How many batches of records are written to standard output at once."""

_BYTES = '"bytes":%d,'
_TRACE = '"trace_id":"%s","span_id":"%s",'

_log = structlog.get_logger("access")


class AccessLog:
    """Implements RecordSink: writes JSON lines in the format of the other log lines; on a terminal, lines for people."""

    def __init__(self) -> None:
        self._is_wanted = logging.getLogger().isEnabledFor(logging.INFO)
        self._is_terminal = sys.stdout.isatty()
        self._texts: list[str] = []

    def write(self, records: Sequence[Record]) -> None:
        """Log the records, at the latest with the next `flush`."""
        if not self._is_wanted:
            return
        if self._is_terminal:
            _write_to_terminal(records)
            return
        self._texts.append(_render(records))
        if len(self._texts) >= MAX_BATCHES:
            self.flush()

    def flush(self) -> None:
        """Write what has been deferred."""
        texts, self._texts = self._texts, []
        sys.stdout.write("".join(texts))
        sys.stdout.flush()


def _render(records: Sequence[Record]) -> str:
    to_wall_clock = (time.time() - time.perf_counter()) * 1000
    # Method, route and request id have no character that JSON escapes; a user id is what a token says.
    return "".join(
        [
            f'{{"event":"request","method":"{method}","route":"{route}","status":{status},'
            f'"milliseconds":{(ended - began) * 1000:.3f},"user_id":{encode_basestring_ascii(user_id)},'
            f'"request_id":"{request_id}",{"" if sent is None else _BYTES % sent}'
            f'{"" if trace is None else _TRACE % trace[:2]}"level":"info",'
            f'"timestamp":"{_format_millisecond(int(ended * 1000 + to_wall_clock))}"}}\n'
            for method, route, status, began, ended, user_id, request_id, sent, _, trace in records
        ]
    )


def _write_to_terminal(records: Sequence[Record]) -> None:
    for method, route, status, began, ended, user_id, request_id, sent, _, trace in records:
        milliseconds = round((ended - began) * 1000, 3)
        more: dict[str, Any] = {} if sent is None else {"bytes": sent}
        if trace is not None:
            more |= {"trace_id": trace.trace_id, "span_id": trace.span_id}
        _log.info(
            "request", method=method, route=route, status=status, milliseconds=milliseconds, user_id=user_id,
            request_id=request_id, **more,
        )  # fmt: skip


@functools.lru_cache(maxsize=256)
def _format_millisecond(time_ms: int) -> str:
    second, milliseconds = divmod(time_ms, 1000)
    return f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(second))}.{milliseconds:03d}Z"
