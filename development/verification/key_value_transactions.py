"""The transactions of clients."""

import json
import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from verification.key_value_model import BY_DEFAULT, Changes, RefusedError, member_of, spell, text_of, value_in
from verification.key_value_operations import DEFAULT, Mark, Request, Response, Span, describe, increment

OPERATORS: Mapping[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


@dataclass(frozen=True, slots=True)
class Transact:
    """Compare, then do all operations of one branch or none. Comparisons and operations are in the request's JSON form."""

    compare: Sequence[Mapping[str, Any]]
    then: Sequence[Mapping[str, Any]]
    otherwise: Sequence[Mapping[str, Any]] = ()
    namespace: str = DEFAULT

    def request(self) -> Request:
        """Return the HTTP request."""
        body = {"compare": list(self.compare), "then": list(self.then), "else": list(self.otherwise)}
        headers = {"Content-Type": "application/json"}
        return Request("POST", f"/namespaces/{self.namespace}/transactions", json.dumps(body).encode(), headers)

    def do(self, changes: Changes) -> Response:
        """Apply the operation to the model and return the expected response."""
        succeeded = all(_holds(changes, comparison) for comparison in self.compare)
        results = []
        for place, one in enumerate(self.then if succeeded else self.otherwise):
            try:
                results.append({"operation": one["operation"], "key": one["key"], **_do(changes, one)})
            except RefusedError as error:
                name = f"{'then' if succeeded else 'else'}.{place}"
                told = {"operation": name, "key": one["key"], "reason": str(error)}
                return Response(409, {"problem": "operation-refused", **told})
        return Response(200, {"succeeded": succeeded, "results": results, "revision": changes.revision})

    def find_span(self, answer: Response) -> Span | None:
        """Return the revisions that the response claims."""
        if answer.is_refusal:
            return None
        changed = sum(one.get("deleted", one["operation"] != "read") for one in answer.document["results"])
        return Span(answer.document["revision"] - changed, answer.document["revision"])

    def marks(self) -> Iterator[Mark]:
        """Yield what its first change may be."""
        for one in (*self.then, *self.otherwise):
            match one["operation"]:
                case "write":
                    yield "written", one["key"], text_of(value_in(one))
                case "delete":
                    yield "deleted", one["key"], None
                case "increment":
                    yield "added", one["key"], one["by"]


def _holds(changes: Changes, comparison: Mapping[str, Any]) -> bool:
    pair = changes.find(comparison["key"])
    target, operand = comparison["target"], value_in(comparison, "operand")
    if target == "exists":
        found: Any = pair is not None
    elif target == "value":
        found, operand = None if pair is None else spell(pair.text), text_of(operand)
    else:
        found = 0 if pair is None else getattr(pair, target)
    return OPERATORS[comparison.get("operator", "=")](found, operand)


def _do(changes: Changes, one: Mapping[str, Any]) -> Mapping[str, Any]:
    key = one["key"]
    match one["operation"]:
        case "write":
            is_new = changes.put(key, text_of(value_in(one)), changes.find_expiry(one.get("ttl", BY_DEFAULT)))
            return {"revision": changes.revision, "created": is_new}
        case "delete":
            return {"deleted": changes.delete(key)}
        case "read":
            pair = changes.find(key)
            return {"pair": None if pair is None else {**member_of(pair.value), **describe(pair)}}
        case "increment":
            is_new = changes.find(key) is None
            value = json.loads(increment(changes, key, one["by"]))
            return {"value": value, "revision": changes.revision, "created": is_new}
    raise AssertionError(one)
