"""Parameters of operations in paths, queries and headers: declared as FastAPI declares them, validated once by pydantic."""

import inspect
from collections.abc import Callable, Collection, Iterator, Mapping
from difflib import get_close_matches
from functools import lru_cache
from typing import Annotated, Any, NewType, get_args, get_origin
from urllib.parse import parse_qsl, unquote

from fastapi import params
from pydantic import TypeAdapter, ValidationError

from shared_kernel.domain.rules import RulesBrokenError, Violation, refuse_if_broken
from shared_kernel.presentation.http.routing.escapes import refuse_broken_escapes
from shared_kernel.presentation.http.server.exchange import Exchange

Read = Callable[[Exchange], Any]

RequestHeaders = NewType("RequestHeaders", dict[bytes, bytes])
"""A controller's parameter of this type gets the header fields of the request, by names in lower case."""
QueryPairs = NewType("QueryPairs", tuple[tuple[str, str], ...])
"""A controller's parameter of this type gets the query's names and values, in order; for what other standards define."""

MAX_PARAMETERS = 100
MAX_REMEMBERED_QUERIES = 64
"""A request's query is needed once for each of its parameters, and parsed once. Few are kept: one may have 64 KiB."""
MAX_COMPARED = 64
"""Longest name of an unknown parameter for which a known one is suggested."""

_NOT_UTF_8 = "What is percent-encoded must be UTF-8."


@lru_cache(maxsize=MAX_REMEMBERED_QUERIES)
def parse_query(query: bytes) -> tuple[tuple[str, str], ...]:
    """Return names and values. Raises MalformedRequestError for a broken escape, RulesBrokenError for what is not UTF-8."""
    text = query.decode("latin-1")
    refuse_broken_escapes(text)
    try:
        return tuple(parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=MAX_PARAMETERS))
    except UnicodeDecodeError:
        raise _break("query", "utf_8", _NOT_UTF_8) from None
    except ValueError:
        raise _break("query", "count", f"A query may have at most {MAX_PARAMETERS} parameters.") from None


def refuse_unknown_parameters(query: bytes, known: Collection[str]) -> None:
    """Raise RulesBrokenError naming each parameter that is not known, and the known one that was probably meant."""
    unknown = dict.fromkeys(name for name, _ in parse_query(query) if name not in known)
    refuse_if_broken(_name_unknown(unknown, known))


def _name_unknown(unknown: Collection[str], known: Collection[str]) -> Iterator[Violation]:
    for name in unknown:
        meant = get_close_matches(name.lower(), known, n=1) if len(name) <= MAX_COMPARED else []
        hint = f" Did you mean `{meant[0]}`?" if meant else ""
        yield Violation(name, "extra_forbidden", f"There is no such parameter.{hint}")


class ParameterReader:
    """Reads one parameter. Raises RulesBrokenError naming it."""

    def __init__(self, parameter: inspect.Parameter, hint: Any, path_names: Mapping[str, Any]) -> None:
        declared = (
            next((item for item in get_args(hint) if isinstance(item, params.Param)), None) if _is_annotated(hint) else None
        )
        name = parameter.name
        if isinstance(declared, params.Header):
            self.field = declared.alias or name.replace("_", "-")
            self._find = self._find_in_header
        else:
            self.field = (declared.alias if declared is not None else None) or name
            self._find = self._find_in_path if name in path_names else self._find_in_query
        self.is_in_query = self._find == self._find_in_query
        self.is_in_header = self._find == self._find_in_header
        self._default = parameter.default
        self._validate = TypeAdapter(hint).validate_python

    def __call__(self, exchange: Exchange) -> Any:
        """Return the parameter's value, or its default where it is not given."""
        text = self._find(exchange)
        if text is None:
            if self._default is inspect.Parameter.empty:
                raise _break(self.field, "missing", "The parameter is required.")
            return self._default
        try:
            return self._validate(text)
        except ValidationError as error:
            problems = error.errors(include_url=False, include_context=False, include_input=False)
            raise RulesBrokenError(
                # None, which stands for a parameter that is not given, is no choice that a client has.
                [Violation(self.field, one["type"], one["msg"] + ".") for one in problems if one["type"] != "none_required"]
            ) from None

    def _find_in_path(self, exchange: Exchange) -> str:
        return self._decode(exchange.path_values[self.field])

    def _find_in_query(self, exchange: Exchange) -> str | None:
        values = [value for name, value in parse_query(exchange.query) if name == self.field]
        if len(values) > 1:
            raise _break(self.field, "unique", "A parameter may be given once.")
        return values[0] if values else None

    def _find_in_header(self, exchange: Exchange) -> str | None:
        value = exchange.headers.get(self.field.lower().encode())
        return None if value is None else value.decode("latin-1")

    def _decode(self, value: str) -> str:
        refuse_broken_escapes(value)
        try:
            return unquote(value, errors="strict")
        except UnicodeDecodeError:
            raise _break(self.field, "utf_8", _NOT_UTF_8) from None


def _is_annotated(hint: Any) -> bool:
    return get_origin(hint) is Annotated


def _break(field: str, rule: str, message: str) -> RulesBrokenError:
    return RulesBrokenError([Violation(field, rule, message)])
