"""Where changes are followed."""

from typing import NamedTuple, Protocol

from key_value_service.domain.value_objects.change import ChangePage


class Feed(NamedTuple):
    """A namespace as it stands: its id, which a later one of the same name does not have, and which revisions can be told."""

    namespace_id: int
    revision: int
    """Of the last change that is on disk."""
    oldest: int
    """Of the oldest change that is kept; the next one to come where none is."""


class ChangeFeed(Protocol):
    """Tells changes that are on disk, each once and in order."""

    async def find(self, namespace: str) -> Feed:
        """Return how a namespace stands. Raises NoSuchNamespaceError or StoreUnavailableError."""
        ...

    async def read(self, namespace_id: int, after: int, wait: float) -> ChangePage:
        """Return what came behind a revision, or some of it, as soon as there is something or so many seconds have passed.

        Raises NoSuchNamespaceError, RevisionGoneError, or StoreUnavailableError where what is asked for has to be fetched.
        """
        ...
