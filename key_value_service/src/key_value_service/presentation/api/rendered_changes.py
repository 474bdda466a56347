"""Changes of pairs in responses."""

from datetime import datetime
from json.encoder import encode_basestring
from typing import Any

from pydantic import BaseModel, Field

from key_value_service.domain.value_objects.change import Change, ChangeKind
from key_value_service.presentation.api.metadata import render_time
from key_value_service.presentation.api.previous import render_previous
from key_value_service.presentation.api.values import ShownBinary, render_value


class PairChange(BaseModel):
    """A change of the pair that was requested."""

    revision: int
    kind: ChangeKind
    value: Any = Field(None, description="The value written")
    binary: ShownBinary
    expires_at: datetime | None = Field(None, description="When the pair expires, unless its time to live is extended")


def render_change(change: Change, *, has_key: bool = True, previous: bool = False) -> str:
    """Return a change as JSON text: with its key, and, if it is a removal, the previous value, as requested."""
    text = f'{{"revision":{change.revision},"kind":"{change.kind}"'
    if has_key:
        text += f',"key":{encode_basestring(change.key)}'
    if change.value is not None:
        text += f",{render_value(change.value)}"
    if change.expires_at is not None:
        text += f',"expires_at":{render_time(change.expires_at)}'
    if previous and change.kind is not ChangeKind.WRITTEN:
        text += f",{render_previous(change.previous)}"
    return text + "}"
