"""One line a request: method, route, status, milliseconds, user id and request id; of a stream also the bytes of its body."""

import functools
import logging
import sys
import time
from collections.abc import Sequence
from json.encoder import encode_basestring_ascii

import structlog

from shared_kernel.presentation.http.telemetry.request_log import Record

MAX_UNWRITTEN = 4
"""Texts that are written at once. A text has the lines of as many requests as the journal tells of at once."""

_BYTES = '"bytes":%d,'

_log = structlog.get_logger("access")


class AccessLog:
    """Writes JSON lines in the shape of the other log lines; on a terminal, lines for a person to read."""

    def __init__(self) -> None:
        self._is_wanted = logging.getLogger().isEnabledFor(logging.INFO)
        self._is_for_a_person = sys.stdout.isatty()
        self._texts: list[str] = []

    def note(self, records: Sequence[Record]) -> None:
        """Log these, soon."""
        if not self._is_wanted:
            return
        if self._is_for_a_person:
            _tell_a_person(records)
            return
        self._texts.append(_render(records))
        if len(self._texts) >= MAX_UNWRITTEN:
            self.flush()

    def flush(self) -> None:
        """Write what was gathered."""
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
            f'"request_id":"{request_id}",{"" if sent is None else _BYTES % sent}"level":"info",'
            f'"timestamp":"{_format_millisecond(int(ended * 1000 + to_wall_clock))}"}}\n'
            for method, route, status, began, ended, user_id, request_id, sent, _ in records
        ]
    )


def _tell_a_person(records: Sequence[Record]) -> None:
    for method, route, status, began, ended, user_id, request_id, sent, _ in records:
        milliseconds = round((ended - began) * 1000, 3)
        of_stream = {} if sent is None else {"bytes": sent}
        _log.info(
            "request", method=method, route=route, status=status, milliseconds=milliseconds, user_id=user_id,
            request_id=request_id, **of_stream,
        )  # fmt: skip


@functools.lru_cache(maxsize=256)
def _format_millisecond(moment: int) -> str:
    second, milliseconds = divmod(moment, 1000)
    return f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(second))}.{milliseconds:03d}Z"
