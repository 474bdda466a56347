"""One line a request: method, route, status, milliseconds, user id and request id; of a stream also the bytes of its body."""

import asyncio
import functools
import logging
import sys
import time
from json.encoder import encode_basestring_ascii

import structlog

FLUSH_SECONDS = 0.1
# Other requests wait while lines are formatted; 64 at once were seen in the 99th percentile.
MOST_GATHERED = 16

_BYTES = '"bytes":%d,'

_log = structlog.get_logger("access")

# method, route, status, when it began and ended (time.perf_counter()), user id, request id, bytes of a stream
_Record = tuple[str, str, int, float, float, str, str, int | None]


class AccessLog:
    """Writes JSON lines in the shape of the other log lines; on a terminal, lines for a person to read.

    A request costs a tuple: what was gathered in FLUSH_SECONDS, or MOST_GATHERED, is formatted and written at once.
    """

    def __init__(self) -> None:
        self._wanted = logging.getLogger().isEnabledFor(logging.INFO)
        self._write_lines = self._write_for_a_person if sys.stdout.isatty() else self._write_json
        self._records: list[_Record] = []
        self._is_flush_due = False

    def write(
        self, method: str, route: str, status: int, began: float, user_id: str, request_id: str, sent: int | None = None
    ) -> None:
        """Log one answered request, which began at `began` of time.perf_counter(), and how many bytes a stream has sent.

        `route` is the path as declared, so that no client's secret gets into the log by a URL.
        """
        if self._wanted:
            records = self._records
            records.append((method, route, status, began, time.perf_counter(), user_id, request_id, sent))
            if len(records) >= MOST_GATHERED:
                self.flush()
            elif not self._is_flush_due:
                self._is_flush_due = True
                asyncio.get_running_loop().call_later(FLUSH_SECONDS, self._flush_what_is_left)

    def flush(self) -> None:
        """Write what was gathered."""
        records, self._records = self._records, []
        self._write_lines(records)

    def _flush_what_is_left(self) -> None:
        self._is_flush_due = False
        self.flush()

    @staticmethod
    def _write_json(records: list[_Record]) -> None:
        to_wall_clock = time.time() - time.perf_counter()
        # Method, route and request id have no character that JSON escapes; a user id is what a token says.
        sys.stdout.write(
            "".join(
                [
                    f'{{"event":"request","method":"{method}","route":"{route}","status":{status},'
                    f'"milliseconds":{(ended - began) * 1000:.3f},"user_id":{encode_basestring_ascii(user_id)},'
                    f'"request_id":"{request_id}",{"" if sent is None else _BYTES % sent}"level":"info",'
                    f'"timestamp":"{_format(ended + to_wall_clock)}"}}\n'
                    for method, route, status, began, ended, user_id, request_id, sent in records
                ]
            )
        )
        sys.stdout.flush()

    @staticmethod
    def _write_for_a_person(records: list[_Record]) -> None:
        for method, route, status, began, ended, user_id, request_id, sent in records:
            milliseconds = round((ended - began) * 1000, 3)
            of_stream = {} if sent is None else {"bytes": sent}
            _log.info(
                "request", method=method, route=route, status=status, milliseconds=milliseconds, user_id=user_id,
                request_id=request_id, **of_stream,
            )  # fmt: skip


def _format(moment: float) -> str:
    second = int(moment)
    return f"{_format_second(second)}.{int((moment - second) * 1000):03d}Z"


@functools.lru_cache(maxsize=2)
def _format_second(second: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second))
