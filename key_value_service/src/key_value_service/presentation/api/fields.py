"""Fields of bodies that hold keys and values: the rules are the domain's, told where in the body they are broken."""

from typing import Annotated, Any

import orjson
from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from key_value_service.domain.value_objects.key import find_broken_key_rule
from key_value_service.domain.value_objects.time_to_live import TimeToLive
from key_value_service.domain.value_objects.value import MAX_BYTES, MAX_LEVELS
from key_value_service.presentation.api.schema_rules import KEY_RULES, TTL_RULES
from shared_kernel.domain.json_values import find_broken_value_rule
from shared_kernel.domain.rules import RulesBrokenError


def _refuse(rule: str, message: str) -> PydanticCustomError:
    return PydanticCustomError(rule, message.removesuffix("."))


def _check_key(key: str) -> str:
    broken = find_broken_key_rule(key)
    if broken is not None:
        raise _refuse(*broken)
    return key


def _to_json_text(value: object) -> str:
    broken = find_broken_value_rule(value, MAX_LEVELS)
    if broken is not None:
        raise _refuse(*broken)
    text = orjson.dumps(value)
    if len(text) > MAX_BYTES:
        raise _refuse("size", f"A value must have at most {MAX_BYTES} bytes of JSON text; this one has {len(text)}.")
    return text.decode()


def _to_number_text(number: object) -> str:
    if type(number) not in (int, float):
        raise _refuse("number", "Input should be a number.")
    broken = find_broken_value_rule(number, 0)
    if broken is not None:
        raise _refuse(*broken)
    return orjson.dumps(number).decode()


def _check_ttl(seconds: float | None) -> float | None:
    try:
        TimeToLive(seconds)
    except RulesBrokenError as error:
        (violation,) = error.violations
        raise _refuse(violation.rule, violation.message) from None
    return seconds


Key = Annotated[str, AfterValidator(_check_key), Field(examples=["greeting"], json_schema_extra=KEY_RULES)]
Value = Annotated[Any, AfterValidator(_to_json_text)]
"""Becomes the value's compact JSON text."""
Number = Annotated[Any, AfterValidator(_to_number_text), Field(json_schema_extra={"type": "number"})]
"""Becomes the number's JSON text."""
Ttl = Annotated[float | None, AfterValidator(_check_ttl), Field(json_schema_extra=TTL_RULES)]
