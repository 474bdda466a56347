"""Writing and reading pairs."""

from json.encoder import encode_basestring
from typing import Annotated, Any, Literal

from dishka import FromDishka
from fastapi import APIRouter
from pydantic import BaseModel, FailFast, Field
from pydantic.config import JsonDict

from key_value_service.application.read_pairs import ReadPairs, ReadPairsRequest, ReadPairsResponse
from key_value_service.application.write_pairs import WritePairs, WritePairsRequest
from key_value_service.domain.value_objects import batch, key
from shared_kernel.application.authentication import InsufficientScopeError
from shared_kernel.application.availability import StoreFullError, StoreUnavailableError
from shared_kernel.presentation.http.bearer import Authenticated
from shared_kernel.presentation.http.body import Body
from shared_kernel.presentation.http.direct_route import DirectRoute, raises

router = APIRouter(tags=["pairs"], route_class=DirectRoute)

# The rules are the domain's; here they are only told to the reader of the OpenAPI document.
_KEY_RULES: JsonDict = {"minLength": key.SHORTEST_BYTES, "maxLength": key.LONGEST_BYTES, "pattern": key.PATTERN}


class WriteBody(Body):
    """Pairs to write."""

    data: dict[str, Any] = Field(
        description="1 to 1000 keys (1 to 512 bytes of UTF-8, no control characters) and their values: "
        "any JSON of at most 1 MiB and 64 levels, integers from -2^63 to 2^64-1.",
        examples=[{"greeting": "hello", "limits": {"daily": 1000}}],
        json_schema_extra={"minProperties": 1, "maxProperties": batch.MOST_KEYS, "propertyNames": _KEY_RULES},
    )


class WriteAnswer(BaseModel):
    """All pairs were written."""

    status: Literal["success"] = "success"
    written: int = Field(description="How many pairs were inserted or replaced", examples=[2])


class ReadBody(Body):
    """Keys to read."""

    # The first key that is no text tells enough: a body may have a million of them.
    keys: Annotated[list[str], FailFast()] = Field(
        description="1 to 1000 different keys.",
        examples=[["greeting", "absent"]],
        json_schema_extra={
            "minItems": 1,
            "maxItems": batch.MOST_KEYS,
            "uniqueItems": True,
            "items": {"type": "string", **_KEY_RULES},
        },
    )


class ReadAnswer(BaseModel):
    """What was found."""

    data: dict[str, Any] = Field(description="The pairs that exist", examples=[{"greeting": "hello"}])
    missing: list[str] = Field(description="The keys that do not, in the order asked", examples=[["absent"]])


@router.post("/write", response_model=WriteAnswer)
@raises(InsufficientScopeError, StoreUnavailableError, StoreFullError)
async def write(body: WriteBody, caller: Authenticated, write_pairs: FromDishka[WritePairs]) -> bytes:
    """Insert or replace pairs: all of them in one transaction, or none. What is acknowledged survives a power cut."""
    response = await write_pairs(caller, WritePairsRequest(body.data))
    return b'{"status":"success","written":%d}' % response.written


@router.post("/read", response_model=ReadAnswer)
@raises(InsufficientScopeError, StoreUnavailableError)
async def read(body: ReadBody, caller: Authenticated, read_pairs: FromDishka[ReadPairs]) -> bytes:
    """Read pairs as they stand at one moment."""
    return _render(await read_pairs(caller, ReadPairsRequest(body.keys)))


def _render(response: ReadPairsResponse) -> bytes:
    # The values are JSON text already: they are joined, not parsed and written again.
    data = ",".join([f"{encode_basestring(key)}:{text}" for key, text in response.found.items()])
    missing = ",".join(map(encode_basestring, response.missing))
    return f'{{"data":{{{data}}},"missing":[{missing}]}}'.encode()
