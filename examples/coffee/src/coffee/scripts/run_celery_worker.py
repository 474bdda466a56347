"""Run a worker of the task queue."""

from coffee.core.config import Settings
from coffee.tasks.celery_app import make_celery
from coffee.tasks.notification_tasks import register


def run_celery_worker(settings: Settings) -> None:
    """Handle tasks until SIGTERM, which lets those that were begun end."""
    celery = make_celery(settings)
    register(celery, settings)
    celery.worker_main(["worker", "--loglevel=INFO", f"--concurrency={settings.worker_concurrency}", "--without-mingle"])
