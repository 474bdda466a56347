"""Follow a namespace in pages: what happened together is handled together."""

import time
from collections.abc import Iterator
from typing import Any

from key_value_cli.output import write_note
from key_value_client.client import Namespace
from key_value_client.errors import TransportError, Unavailable
from key_value_client.values import ChangePage

WAIT_SECONDS = 25.0  # as long as the server keeps a request waiting
PAUSE_SECONDS = 1.0


def follow_pages(store: Namespace[Any], prefix: str, after: int) -> Iterator[ChangePage[Any]]:
    """Yield the changes after a revision, page by page, for ever, also while the server is away. Raises RevisionGone."""
    is_away = False
    while True:
        try:
            page = store.changes(after=after, prefix=prefix, wait=WAIT_SECONDS)
        except (TransportError, Unavailable) as error:
            if not is_away:
                write_note(f"waiting for the server: {error}")
            is_away = True
            time.sleep(PAUSE_SECONDS)
            continue
        if is_away:
            write_note("the server is back")
        is_away = False
        after = page.last
        if page.changes:
            yield page
