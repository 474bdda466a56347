"""One line a request: method, route, status, milliseconds, user id and request id."""

import asyncio
import logging
import sys
import time
from json.encoder import encode_basestring_ascii

import structlog

FLUSH_SECONDS = 0.1

_log = structlog.get_logger("access")


class AccessLog:
    """Writes JSON lines in the shape of the other log lines, without an object or a write a request.

    Lines are gathered for FLUSH_SECONDS. On a terminal they go through structlog, one by one, for a person to read.
    """

    def __init__(self) -> None:
        self._wanted = logging.getLogger().isEnabledFor(logging.INFO)
        self._for_a_person = sys.stdout.isatty()
        self._lines: list[str] = []
        self._second = 0
        self._second_text = ""

    def write(self, *, method: str, route: str, status: int, seconds: float, user_id: str, request_id: str) -> None:
        """Log one answered request. `route` is the path as declared, so that no client's secret gets into the log by a URL."""
        if not self._wanted:
            return
        milliseconds = seconds * 1000
        if self._for_a_person:
            _log.info("request", method=method, route=route, status=status, milliseconds=round(milliseconds, 3),
                      user_id=user_id, request_id=request_id)  # fmt: skip
            return
        if not self._lines:
            asyncio.get_running_loop().call_later(FLUSH_SECONDS, self.flush)
        # Method, route and request id have no character that JSON escapes; a user id is what a token says.
        self._lines.append(
            f'{{"event":"request","method":"{method}","route":"{route}","status":{status},'
            f'"milliseconds":{milliseconds:.3f},"user_id":{encode_basestring_ascii(user_id)},'
            f'"request_id":"{request_id}","level":"info","timestamp":"{self._now()}"}}\n'
        )

    def flush(self) -> None:
        """Write what was gathered."""
        lines, self._lines = self._lines, []
        sys.stdout.write("".join(lines))
        sys.stdout.flush()

    def _now(self) -> str:
        now = time.time()
        second = int(now)
        if second != self._second:
            self._second = second
            self._second_text = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second))
        return f"{self._second_text}.{int((now - second) * 1000):03d}Z"
