"""Logging by loguru: text on standard output, JSON in a file that is rotated."""

import logging
import sys

from loguru import logger

from accounts.settings import Settings


def configure_logging(settings: Settings) -> None:
    """Replace loguru's handlers. Tracebacks show values of variables only with `DEBUG`, which production must not have."""
    level = "DEBUG" if settings.debug else "INFO"
    shows_values = settings.debug and settings.app_env != "production"
    logger.remove()
    logging.basicConfig(handlers=[_PassOn()], level=logging.WARNING, force=True)
    logging.getLogger("uvicorn").setLevel(logging.INFO)
    logger.add(sys.stdout, level=level, format="{time:HH:mm:ss.SSS} {level: <8} {message} {extra}", diagnose=shows_values)
    logger.add(
        settings.log_dir / "accounts.log",
        level=level,
        serialize=True,
        rotation="10 MB",
        retention=10,
        compression="gz",
        diagnose=shows_values,
        enqueue=True,
    )


class _PassOn(logging.Handler):
    """Gives loguru what libraries log, among it the tracebacks of requests that have failed."""

    def emit(self, record: logging.LogRecord) -> None:
        logger.opt(exception=record.exc_info).log(record.levelname, "{}", record.getMessage(), source=record.name)
