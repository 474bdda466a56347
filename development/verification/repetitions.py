"""Requests that are sent several times with one idempotency key, of which one is done."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain

from verification.key_value_model import Changes
from verification.key_value_operations import Call, Mark, Request, Response, Span
from verification.timeline import NotLinearizableError, Operation


@dataclass(frozen=True, slots=True)
class Keyed:
    """A call with an idempotency key."""

    call: Call
    key: str

    @property
    def namespace(self) -> str:
        """The namespace that it works on."""
        return self.call.namespace

    def request(self) -> Request:
        """Return the HTTP request."""
        request = self.call.request()
        return request._replace(headers={**request.headers, "Idempotency-Key": self.key})

    def do(self, changes: Changes) -> Response:
        """Apply the operation to the model and return the expected response."""
        return self.call.do(changes)

    def find_span(self, answer: Response) -> Span | None:
        """Return the revisions that the response claims."""
        return self.call.find_span(answer)

    def marks(self) -> Iterator[Mark]:
        """Yield what its first change may be."""
        return self.call.marks()


def merge_repetitions(history: Sequence[Operation]) -> list[Operation]:
    """Return the history with one operation for each idempotency key: the one that was done, if any was.

    It took effect in the time of the request that got the first response, or of one without a response; and before the first
    response to any of them. Raises NotLinearizableError.
    """
    merged, keyed = [], defaultdict(list)
    for one in history:
        if isinstance(one.call, Keyed):
            keyed[one.call.key].append(replace(one, call=one.call.call))
        else:
            merged.append(one)
    return [*merged, *map(_merge, keyed.values())]


def _merge(sent: Sequence[Operation]) -> Operation:
    lost = [one for one in sent if one.answer is None]
    first = [one for one in sent if one.answer is not None and not one.answer.is_replayed]
    repeated = [one for one in sent if one.answer is not None and one.answer.is_replayed]
    if len(first) > 1:
        raise NotLinearizableError(f"done twice:{_show(first)}")
    if not first and not lost:
        raise NotLinearizableError(f"the first response is one to a repetition:{_show(repeated)}")
    answers = [one.answer._replace(is_replayed=False) for one in chain(first, repeated) if one.answer is not None]
    if len({answer.text for answer in answers}) > 1:
        raise NotLinearizableError(f"another response to a repetition:{_show(sent)}")
    done = min(first or lost, key=lambda one: one.invoked)
    returned = min(one.returned for one in sent)
    if returned < done.invoked:
        raise NotLinearizableError(f"repeated before it was done:{_show(sent)}")
    return replace(done, answer=answers[0] if answers else None, returned=returned)


def _show(operations: Sequence[Operation]) -> str:
    return "".join(f"\n  {one}" for one in operations)
