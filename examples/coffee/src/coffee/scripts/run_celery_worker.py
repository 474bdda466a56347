"""Run a worker of the task queue."""

from pathlib import Path

from celery.signals import heartbeat_sent

from coffee.core.config import Settings
from coffee.tasks.celery_app import make_celery
from coffee.tasks.notification_tasks import register


def run_celery_worker(settings: Settings) -> None:
    """Handle tasks until SIGTERM, which lets those that were begun end."""
    celery = make_celery(settings)
    register(celery, settings)
    if settings.worker_alive_file is not None:
        show_life(settings.worker_alive_file)
    celery.worker_main(["worker", "--loglevel=INFO", f"--concurrency={settings.worker_concurrency}", "--without-mingle"])


def show_life(file: Path) -> None:
    """Let a file be touched with each heartbeat of the worker, which needs the broker: a worker answers no `/health`."""

    def touch(**_: object) -> None:
        file.touch()

    heartbeat_sent.connect(touch, weak=False)
