"""The task queue: Celery, with Redis as its broker."""

from celery import Celery

from coffee.core.config import Settings

NOTIFY = "coffee.notify"
SOCKET_SECONDS = 5


def make_celery(settings: Settings) -> Celery:
    """Return the queue.

    A task is acknowledged when it has ended. One whose process is killed is queued again at once, and one whose worker is gone,
    after `visibility_seconds`: so a task may run twice, and must not do twice what it does.
    """
    celery = Celery("coffee", broker=str(settings.redis_url))
    celery.conf.update(
        task_default_queue=settings.queue,
        task_acks_late=True,
        task_reject_on_worker_lost=True,
        task_ignore_result=True,
        worker_prefetch_multiplier=1,
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        broker_transport_options={
            "visibility_timeout": settings.visibility_seconds,
            "socket_timeout": SOCKET_SECONDS,
            "socket_connect_timeout": SOCKET_SECONDS,
        },
    )
    return celery
