"""Keys, values and times to live in bodies. The domain's rules apply; pydantic adds where in the body they are broken."""

from collections.abc import Callable
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from key_value_service.domain.value_objects.key import check_key
from key_value_service.domain.value_objects.time_to_live import TimeToLive
from key_value_service.domain.value_objects.value import make_number_text, make_text
from key_value_service.presentation.api.json_text import encode
from key_value_service.presentation.api.schema_rules import KEY_RULES, TTL_RULES
from shared_kernel.domain.rules import RulesBrokenError

Input = TypeVar("Input")
Output = TypeVar("Output")


def _validator(check: Callable[[Input], Output]) -> AfterValidator:
    """Return a validator that raises the RulesBrokenError of `check` as pydantic's error."""

    def validate(value: Input) -> Output:
        try:
            return check(value)
        except RulesBrokenError as error:
            (violation,) = error.violations
            raise PydanticCustomError(violation.rule, violation.message.removesuffix(".")) from None

    return AfterValidator(validate)


def _check_key(key: str) -> str:
    check_key(key)
    return key


def _check_ttl(seconds: float | None) -> float | None:
    TimeToLive(seconds)
    return seconds


def _make_text(value: object) -> str:
    return make_text(value, encode)


def _make_number_text(number: object) -> str:
    return make_number_text(number, encode)


Key = Annotated[str, _validator(_check_key), Field(examples=["greeting"], json_schema_extra=KEY_RULES)]
Value = Annotated[Any, _validator(_make_text)]
"""Becomes the value's compact JSON text."""
Number = Annotated[Any, _validator(_make_number_text), Field(json_schema_extra={"type": "number"})]
"""Becomes the number's JSON text."""
Ttl = Annotated[float | None, _validator(_check_ttl), Field(json_schema_extra=TTL_RULES)]
