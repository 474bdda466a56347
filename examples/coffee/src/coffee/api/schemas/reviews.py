"""Reviews."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from coffee.api.schemas import Body, Name, NotNull, Text
from coffee.db.models.review import Status


class ReviewCreate(Body):
    """A review to be written. `rating`: 1 (worst) to 5."""

    rating: int = Field(ge=1, le=5)
    text: Text


class ReviewUpdate(Body):
    """What is changed; what is absent stays."""

    rating: Annotated[int | None, Field(ge=1, le=5), NotNull] = None
    text: Annotated[Text | None, NotNull] = None


class ModerationIn(Body):
    """Whether a review is shown, and why not."""

    status: Status
    reason: Name | None = None


class ReviewOut(BaseModel):
    """A review."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    coffee: str
    author: str
    author_name: str
    rating: int
    text: str
    created_at: datetime
    status: Status
    reason: str | None
