"""Parameters of operations in paths, queries and headers: declared as FastAPI declares them, validated once by pydantic."""

import inspect
from collections.abc import Callable, Mapping
from typing import Annotated, Any, get_args, get_origin
from urllib.parse import parse_qsl, unquote

from fastapi import params
from pydantic import TypeAdapter, ValidationError

from shared_kernel.domain.rules import RulesBrokenError, Violation
from shared_kernel.presentation.http.server.exchange import Exchange

Read = Callable[[Exchange], Any]

_QUERY_REPEATED = "A parameter may be given once."
_NOT_UTF_8 = "What is percent-encoded must be UTF-8."


class ParameterReader:
    """Reads one parameter. Raises RulesBrokenError naming it."""

    def __init__(self, parameter: inspect.Parameter, hint: Any, path_names: Mapping[str, Any]) -> None:
        declared = (
            next((item for item in get_args(hint) if isinstance(item, params.Param)), None) if _is_annotated(hint) else None
        )
        name = parameter.name
        if isinstance(declared, params.Header):
            self._field = declared.alias or name.replace("_", "-")
            self._find = self._find_in_header
        else:
            self._field = (declared.alias if declared is not None else None) or name
            self._find = self._find_in_path if name in path_names else self._find_in_query
        self._default = parameter.default
        self._validate = TypeAdapter(hint).validate_python

    def __call__(self, exchange: Exchange) -> Any:
        """Return the parameter's value, or its default where it is not given."""
        text = self._find(exchange)
        if text is None:
            if self._default is inspect.Parameter.empty:
                raise _break(self._field, "missing", "The parameter is required.")
            return self._default
        try:
            return self._validate(text)
        except ValidationError as error:
            problems = error.errors(include_url=False, include_context=False, include_input=False)
            raise RulesBrokenError(
                [Violation(self._field, problem["type"], problem["msg"] + ".") for problem in problems]
            ) from None

    def _find_in_path(self, exchange: Exchange) -> str:
        return self._decode(exchange.path_values[self._field])

    def _find_in_query(self, exchange: Exchange) -> str | None:
        if not exchange.query:
            return None
        try:
            pairs = parse_qsl(exchange.query.decode("latin-1"), keep_blank_values=True, errors="strict", max_num_fields=100)
        except UnicodeDecodeError:
            raise _break("query", "utf_8", _NOT_UTF_8) from None
        except ValueError:
            raise _break("query", "count", "A query may have at most 100 parameters.") from None
        values = [value for name, value in pairs if name == self._field]
        if len(values) > 1:
            raise _break(self._field, "unique", _QUERY_REPEATED)
        return values[0] if values else None

    def _find_in_header(self, exchange: Exchange) -> str | None:
        value = exchange.headers.get(self._field.lower().encode())
        return None if value is None else value.decode("latin-1")

    def _decode(self, value: str) -> str:
        try:
            return unquote(value, errors="strict")
        except UnicodeDecodeError:
            raise _break(self._field, "utf_8", _NOT_UTF_8) from None


def _is_annotated(hint: Any) -> bool:
    return get_origin(hint) is Annotated


def _break(field: str, rule: str, message: str) -> RulesBrokenError:
    return RulesBrokenError([Violation(field, rule, message)])
