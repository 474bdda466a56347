"""Logging by structlog, for the services and the libraries that they use: JSON lines, or colours on a terminal."""

import logging
import sys
from collections.abc import Sequence
from typing import Literal, TextIO

import structlog

LogLevel = Literal["DEBUG", "INFO", "WARNING", "ERROR"]


def configure_logging(level: LogLevel, stream: TextIO | None = None, more: Sequence[structlog.typing.Processor] = ()) -> None:
    """Write the process's log lines of this level and above to the stream (None: standard output).

    `more` processors see the fields of each line before it is rendered.
    """
    stream = stream or sys.stdout
    shared: list[structlog.typing.Processor] = [
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        *more,
    ]
    renderer: list[structlog.typing.Processor]
    if stream.isatty():
        # Plain tracebacks: richer ones show local variables, and these hold secrets.
        renderer = [structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)]
    else:
        renderer = [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    structlog.configure(
        processors=[*shared, *renderer],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        logger_factory=structlog.PrintLoggerFactory(stream),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *renderer],
        )
    )
    logging.basicConfig(handlers=[handler], level=level, force=True)
    # It warns at each attempt to reconnect; readiness and the requests' errors already report the outage.
    logging.getLogger("asynctnt").setLevel(logging.CRITICAL)
    logging.getLogger("httpx").setLevel(logging.WARNING)
