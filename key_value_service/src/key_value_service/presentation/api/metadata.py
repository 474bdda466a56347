"""What is told of a pair beside its key and value."""

from datetime import datetime

from pydantic import BaseModel, Field

from key_value_service.domain.value_objects.pair import Pair


class Metadata(BaseModel):
    """What is known about a pair beside its value."""

    revision: int = Field(description="Of its last change", examples=[8])
    created_revision: int = Field(description="Of the change that made it", examples=[3])
    version: int = Field(description="How many times it has been written since", examples=[2])
    expires_at: datetime | None = Field(description="null: it lives for ever")


def render_metadata(pair: Pair) -> str:
    """Return the members of a JSON object that has a pair's metadata, and may have others, too."""
    return (
        f'"revision":{pair.revision},"created_revision":{pair.created_revision},"version":{pair.version},'
        f'"expires_at":{render_moment(pair.expires_at)}'
    )


def render_moment(moment: datetime | None) -> str:
    """Return the JSON text of a moment in UTC (RFC 3339), or null."""
    return "null" if moment is None else f'"{moment.isoformat().replace("+00:00", "Z")}"'
