"""Bodies of requests and answers."""

from typing import Annotated, Any, Generic, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, StringConstraints

from coffee.services.pages import Page

T = TypeVar("T")

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80)]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]


def _refuse_null(value: Any) -> Any:
    if value is None:
        raise ValueError("leave it out, or give a value")
    return value


NotNull = BeforeValidator(_refuse_null)
"""For members that may be absent, and not null."""


class Body(BaseModel):
    """A body of a request: unknown members are refused."""

    model_config = ConfigDict(extra="forbid")


class PageOut(BaseModel, Generic[T]):
    """A page of a listing. `next_cursor`: `cursor` of the next page; null on the last one."""

    model_config = ConfigDict(from_attributes=True)

    items: list[T]
    next_cursor: str | None

    @classmethod
    def of(cls, page: Page[Any]) -> "PageOut[T]":
        """Return the answer with a page."""
        return cls.model_validate(page, from_attributes=True)
