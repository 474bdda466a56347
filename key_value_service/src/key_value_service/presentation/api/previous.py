"""What was there before a removal: members of responses to requests with `previous`."""

from typing import Any

from pydantic import BaseModel, Field

from key_value_service.domain.value_objects.value import Value
from key_value_service.presentation.api.values import ShownBinary, render_value


class PreviousValue(BaseModel):
    """The value that a pair had when it was removed."""

    value: Any = Field(None, description="The value")
    binary: ShownBinary


def render_previous(value: Value | None) -> str:
    """Return the member `previous`, for the caller to enclose with others. None: the value was not kept."""
    return '"previous":null' if value is None else f'"previous":{{{render_value(value)}}}'
