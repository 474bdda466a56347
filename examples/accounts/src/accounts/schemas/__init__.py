"""Bodies of requests and answers."""

from typing import Annotated, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, StringConstraints

T = TypeVar("T")

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=64)]
Handle = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{1,63}$")]
Code = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,31}$")]
Description = Annotated[str, StringConstraints(max_length=500)]


class Body(BaseModel):
    """A body of a request: unknown members are refused."""

    model_config = ConfigDict(extra="forbid")


class PageRead(BaseModel, Generic[T]):
    """A page of a listing. `next_cursor`: `cursor` of the next page; null on the last one."""

    items: list[T]
    next_cursor: str | None
