"""Follow the changes of a namespace for ever."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from key_value_client.channel import Channel
from key_value_client.errors import PREFIX, AnswerLost, NamespaceMissing, Problem, RevisionGone
from key_value_client.flows import Emit, Next, Request, Stream
from key_value_client.retries import endless
from key_value_client.values import load

C = TypeVar("C")

SILENCE_SECONDS = 40.0
"""The service sends something every 15 seconds: a connection that is silent for so long is dead."""

_FATAL: Mapping[str, tuple[type[Problem], int, str]] = {
    "namespace-deleted": (NamespaceMissing, 404, "no-such-namespace"),
    "revision-gone": (RevisionGone, 410, "revision-gone"),
}


class Watch:
    """Where a watch stands, over as many connections as it takes."""

    def __init__(
        self, channel: Channel, url: str, params: Mapping[str, Any], after: int | None, *, key: str | None = None
    ) -> None:
        self._channel = channel
        self._url = url
        self._params = params
        self._position = after
        self._key = key
        """The only one whose changes are wanted, where it is not all."""

    def follow(self, parse: Callable[[Mapping[str, Any]], C]) -> Stream[C]:
        """Yield the changes after the position, for ever."""
        if self._position is None:
            request = Request("GET", f"{self._url}/changes", {"limit": 1, **self._params}, safe=True)
            self._position = load((yield from self._channel.send(request)).body)["last"]
        while True:
            yield from endless(self._follow_once, parse)

    def _follow_once(self, parse: Callable[[Mapping[str, Any]], C]) -> Stream[C]:
        """Yield what one connection brings. Raises AnswerLost if that was nothing, so that the next one waits a little."""
        start = self._position or 0
        position = start
        request = Request(
            "GET",
            f"{self._url}/watch",
            {"after": position, **self._params},
            {"Accept": "text/event-stream", "Cache-Control": "no-store"},
            safe=True,
            timeout=SILENCE_SECONDS,
        )
        yield from self._channel.open_once(request, events=True)
        try:
            while (event := (yield Next())) is not None:
                if event.event == "ended":
                    _check_end(load(event.data)["reason"])
                    break
                revision = int(event.id or 0)
                if revision > position:
                    self._position = position = revision
                    members = load(event.data) if event.data else None  # a heartbeat has none
                    if members is not None and self._key in {None, members["key"]}:
                        yield Emit(parse(members))
        except AnswerLost:
            if position == start:
                raise
        else:
            if position == start:
                raise AnswerLost("The watch has ended.", "")


def _check_end(reason: str) -> None:
    """Raise NamespaceMissing or RevisionGone if nothing can follow; all other reasons pass."""
    if reason in _FATAL:
        kind, status, name = _FATAL[reason]
        raise kind(status, {"type": PREFIX + name, "status": status, "detail": f"The watch has ended: {reason}."})
