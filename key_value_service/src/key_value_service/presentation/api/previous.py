"""What was there before a removal: members of responses to requests with `previous`."""

from typing import Any

from pydantic import BaseModel, Field

from key_value_service.domain.value_objects.value import JsonText


class PreviousValue(BaseModel):
    """The value that a pair had when it was removed."""

    value: Any = Field(description="The value")


def render_previous(value: JsonText | None) -> str:
    """Return the member `previous`, for the caller to enclose with others. None: the value was not kept."""
    # The value is a JSON text already.
    return '"previous":null' if value is None else f'"previous":{{"value":{value}}}'
