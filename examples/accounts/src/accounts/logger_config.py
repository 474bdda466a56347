"""Logging by loguru: text on standard output, JSON in a file that is rotated."""

import sys

from loguru import logger

from accounts.settings import Settings


def configure_logging(settings: Settings) -> None:
    """Replace loguru's handlers. Tracebacks show values of variables only with `DEBUG`, which production must not have."""
    level = "DEBUG" if settings.debug else "INFO"
    shows_values = settings.debug and settings.app_env != "production"
    logger.remove()
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
