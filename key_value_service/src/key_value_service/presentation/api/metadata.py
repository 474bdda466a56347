"""A pair's metadata in responses."""

from datetime import datetime

from pydantic import BaseModel, Field

from key_value_service.domain.value_objects.pair import Pair


class Metadata(BaseModel):
    """Metadata of a pair."""

    revision: int = Field(description="Revision of its last change", examples=[8])
    created_revision: int = Field(description="Revision at which it was created", examples=[3])
    version: int = Field(description="Number of writes since it was created, including that one", examples=[2])
    expires_at: datetime | None = Field(description="null: never expires")


def render_metadata(pair: Pair) -> str:
    """Return a pair's metadata as members of a JSON object, for the caller to enclose with others."""
    return (
        f'"revision":{pair.revision},"created_revision":{pair.created_revision},"version":{pair.version},'
        f'"expires_at":{render_time(pair.expires_at)}'
    )


def render_time(time: datetime | None) -> str:
    """Return a time in UTC as JSON text (RFC 3339), or null."""
    return "null" if time is None else f'"{time.isoformat().replace("+00:00", "Z")}"'
