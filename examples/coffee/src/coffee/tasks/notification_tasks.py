"""Notifications about new messages and reviews: one for each recipient, however often the task runs and wherever it is killed."""

from collections.abc import Iterable, Iterator
from functools import cache
from itertools import islice
from typing import Any

from celery import Celery

from coffee.core.config import Settings
from coffee.db import keys
from coffee.db.models.notification import Event, Notification
from coffee.db.session import make_blocking_client
from coffee.tasks.celery_app import NOTIFY
from key_value_client import KeyValueError, Namespace

MAX_BACKOFF_SECONDS = 60


def register(celery: Celery, settings: Settings) -> None:
    """Add the tasks to a worker's queue. One that cannot reach the store is tried again, later and later, without end."""

    @cache
    def open_namespace() -> Namespace[Any]:
        """Return the namespace: once in each process of the worker, since connections are not shared with a forked one."""
        return make_blocking_client(settings).namespace(settings.namespace)

    def notify(event_id: str) -> int:
        return deliver(open_namespace(), event_id, settings.recipients_at_once)

    celery.task(
        name=NOTIFY,
        autoretry_for=(KeyValueError,),
        retry_backoff=True,
        retry_backoff_max=MAX_BACKOFF_SECONDS,
        max_retries=None,
    )(notify)


def deliver(namespace: Namespace[Any], event_id: str, at_once: int) -> int:
    """Write the notifications of an event, and only then delete it; return how many were new.

    A notification's key has the event's id and is written if it is absent: after a kill at any moment, the next run adds what is
    missing, and leaves what the recipients have read.
    """
    members = namespace.get(keys.event(event_id), None)
    if members is None:
        return 0  # an earlier run has done everything
    event = Event.model_validate(members)
    told = Notification(id=event.id, kind=event.kind, subject=event.subject, text=event.text, at=event.at)
    notification = told.model_dump(mode="json")
    made = 0
    for users in _batch(_find_recipients(namespace, event), at_once):
        written = namespace.put_many({keys.notification(user, event.id): notification for user in users}, if_absent=True)
        made += len(users) - len(written.skipped)
    namespace.delete(keys.event(event_id))
    return made


def _find_recipients(namespace: Namespace[Any], event: Event) -> Iterator[str]:
    """Yield a room's followers, or a coffee's roaster; nobody is told of what they did themselves."""
    if event.kind == "message":
        prefix = keys.follower(event.subject)
        found: Iterable[str] = (pair.key.removeprefix(prefix) for pair in namespace.scan(prefix, values=False))
    else:
        coffee = namespace.get(keys.coffee(event.subject), None)
        found = [] if coffee is None else [coffee["roaster"]]
    return (user for user in found if user != event.author)


def _batch(users: Iterator[str], size: int) -> Iterator[list[str]]:
    while batch := list(islice(users, size)):
        yield batch
