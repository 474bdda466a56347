"""Forms: RFC 6749, section 3.2, on fields that are repeated, unknown or empty."""

from typing import Any

import pytest
from pydantic import Field, SecretStr

from shared_kernel.domain.rules import RulesBrokenError
from shared_kernel.presentation.http.routing.body import FormBody, FormParser, describe_form


class Order(FormBody):
    """A form for tests."""

    dish: str
    side: str | None = None
    code: SecretStr | None = Field(None, description="A secret")


def read(text: bytes) -> dict[str, Any]:
    return FormParser(Order).parse(text).model_dump(exclude_unset=True)


def find_broken_rules(text: bytes) -> list[tuple[str, str]]:
    with pytest.raises(RulesBrokenError) as raised:
        FormParser(Order).parse(text)
    return [(violation.field, violation.rule) for violation in raised.value.violations]


def test_repeated_known_field_is_rejected() -> None:
    assert find_broken_rules(b"side=a&dish=b&side=a&dish=c") == [("dish", "unique"), ("side", "unique")]


def test_unknown_fields_are_ignored_even_if_repeated() -> None:
    assert read(b"dish=b&x=1&x=2&=1&=2") == {"dish": "b"}


def test_empty_field_is_missing() -> None:
    assert read(b"dish=b&side=") == {"dish": "b"}
    assert find_broken_rules(b"dish=&side=a") == [("dish", "missing")]


def test_schema_has_no_null_and_no_empty_required_field() -> None:
    schema = describe_form(Order)
    assert schema["required"] == ["dish"]
    assert schema["properties"]["dish"] == {"title": "Dish", "type": "string", "minLength": 1}
    assert schema["properties"]["side"] == {"title": "Side", "type": "string"}
    code = {"title": "Code", "type": "string", "format": "password", "writeOnly": True, "description": "A secret"}
    assert schema["properties"]["code"] == code
