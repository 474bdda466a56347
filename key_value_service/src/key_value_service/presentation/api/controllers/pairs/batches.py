"""Writing, reading and deleting batches of pairs."""

from collections.abc import Iterable, Iterator, Mapping
from json.encoder import encode_basestring
from typing import Annotated, Any, Literal

from dishka import FromDishka
from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, FailFast, Field

from key_value_service.application.pairs.delete_pairs import DeletePairs, DeletePairsRequest
from key_value_service.application.pairs.read_pairs import DescribePairsResponse, ReadPairs, ReadPairsRequest, ReadPairsResponse
from key_value_service.application.pairs.write_pairs import WritePairs, WritePairsRequest
from key_value_service.domain.exceptions import RevisionConflictError
from key_value_service.domain.value_objects import batch
from key_value_service.domain.value_objects.namespace_name import DEFAULT_NAMESPACE
from key_value_service.domain.value_objects.time_to_live import TimeToLive
from key_value_service.domain.value_objects.value import Binary, Value
from key_value_service.presentation.api.consistency import Stale
from key_value_service.presentation.api.idempotency import KeyInHeader
from key_value_service.presentation.api.metadata import Metadata, render_metadata
from key_value_service.presentation.api.problems import KEY_ERRORS, NAMESPACE_ERRORS, WRITE_ERRORS, Operation
from key_value_service.presentation.api.schema_rules import KEY_RULES, NAMESPACE_RULES, TTL_RULES
from key_value_service.presentation.api.values import BINARY, BinaryValue, read_binaries, render_binary
from shared_kernel.application.availability import StoreFullError
from shared_kernel.domain.rules import refuse_if_broken
from shared_kernel.presentation.http.routing.bearer import Authenticated
from shared_kernel.presentation.http.routing.body import Body, find_misnamed_members
from shared_kernel.presentation.http.routing.direct_route import raises

router = APIRouter(tags=["pairs"], route_class=Operation)

Namespace = Annotated[str, Field(description="The namespace's name", json_schema_extra=NAMESPACE_RULES)]
# FailFast: the first key that is not a string is enough to report, and a body may have a million of them.
Keys = Annotated[
    list[str],
    FailFast(),
    Field(
        description="1 to 1000 different keys.",
        examples=[["greeting", "absent"]],
        json_schema_extra={
            "minItems": 1,
            "maxItems": batch.MAX_KEYS,
            "uniqueItems": True,
            "items": {"type": "string", **KEY_RULES},
        },
    ),
]
Revisions = Annotated[
    dict[str, int],
    Field(
        description="Nothing is changed unless each of these pairs has this revision; 0: unless it does not exist.",
        examples=[{"greeting": 7}],
        json_schema_extra={
            "maxProperties": batch.MAX_KEYS,
            "propertyNames": KEY_RULES,
            "additionalProperties": {"type": "integer", "minimum": 0, "maximum": batch.MAX_REVISION},
        },
    ),
]


class WriteBody(Body):
    """Pairs to write: 1 to 1000, in `data` and `binary` together."""

    model_config = ConfigDict(
        json_schema_extra={
            "additionalProperties": False,
            "anyOf": [
                {"required": [name], "properties": {name: {"type": "object", "minProperties": 1}}} for name in ("data", "binary")
            ],
        }
    )
    may_be_left_out = False

    # Factories: pydantic makes a deep copy of any other default that may change, at ten times the cost.
    data: dict[str, Any] = Field(
        default_factory=dict,
        description="Keys (1 to 512 bytes of UTF-8, no control characters) and their values: "
        "any JSON of at most 1 MiB and 64 levels, integers of at most 1000 digits.",
        examples=[{"greeting": "hello", "limits": {"daily": 1000}}],
        json_schema_extra={"maxProperties": batch.MAX_KEYS, "propertyNames": KEY_RULES},
    )
    binary: dict[str, Any] = Field(
        default_factory=dict,
        description="Keys and their values of bytes.",
        examples=[{"logo": {"media_type": "image/png", "base64": "iVBORw0KGgo="}}],
        json_schema_extra={"maxProperties": batch.MAX_KEYS, "propertyNames": KEY_RULES, "additionalProperties": BINARY},
    )
    namespace: Namespace = DEFAULT_NAMESPACE
    ttl: float | None = Field(
        None,
        description="Seconds after which the pairs expire; null: never. Without it, the namespace's default applies.",
        examples=[3600],
        json_schema_extra=TTL_RULES,
    )
    if_absent: bool = Field(False, description="Leave existing pairs unchanged; they are listed in `skipped`.")
    if_revision: Revisions = Field(default_factory=dict)

    def find_missing(self) -> Iterator[str]:
        """Yield `data` where there is nothing to write."""
        if not self.model_fields_set & {"data", "binary"}:
            yield "data"


class WriteResponse(BaseModel):
    """All pairs were written, except those in `skipped`."""

    status: Literal["success"] = "success"
    written: int = Field(description="Number of pairs inserted or replaced", examples=[2])
    revision: int = Field(description="The namespace's revision after the last of these changes", examples=[8])
    skipped: list[str] = Field(description="With `if_absent`, the keys that existed", examples=[[]])


class ReadBody(Body):
    """Keys to read."""

    keys: Keys
    namespace: Namespace = DEFAULT_NAMESPACE
    metadata: bool = Field(False, description="Also return the revisions, version and expiry of each pair.")


class ReadResponse(BaseModel):
    """Pairs found and keys missing, as of one revision."""

    data: dict[str, Any] = Field(description="The pairs that exist", examples=[{"greeting": "hello"}])
    binary: dict[str, BinaryValue] = Field(default_factory=dict, description="Those whose values are bytes; absent without any")
    missing: list[str] = Field(description="The keys that do not exist, in the order requested", examples=[["absent"]])
    revision: int = Field(description="The namespace's revision that the response is as of", examples=[8])
    metadata: dict[str, Metadata] = Field(default_factory=dict, description="With `metadata`, that of each pair that exists")


class DeleteBody(Body):
    """Keys of pairs to delete."""

    keys: Keys
    namespace: Namespace = DEFAULT_NAMESPACE
    if_revision: Revisions = Field(default_factory=dict)
    previous: bool = Field(False, description="Also return the values that the pairs had; requires the scope `read:`, too.")


class PreviousValues(BaseModel):
    """The values that pairs had when they were deleted."""

    data: dict[str, Any] = Field(description="By key", examples=[{"greeting": "hello"}])
    binary: dict[str, BinaryValue] = Field(default_factory=dict, description="Those of bytes; absent without any")


class DeleteResponse(BaseModel):
    """All pairs that existed were deleted."""

    deleted: int = Field(description="Number of pairs deleted", examples=[1])
    missing: list[str] = Field(description="The keys that did not exist, in the order given", examples=[["absent"]])
    revision: int = Field(description="The namespace's revision after the last of these changes", examples=[9])
    previous: PreviousValues = Field(
        default_factory=lambda: PreviousValues(data={}), description="With `previous`: the values that they had"
    )


@router.post("/write", response_model=WriteResponse)
@raises(*WRITE_ERRORS, *KEY_ERRORS, RevisionConflictError)
async def write(
    body: WriteBody, caller: Authenticated, write_pairs: FromDishka[WritePairs], idempotency_key: KeyInHeader = None
) -> bytes:
    """Insert or replace pairs: all of them in one transaction, or none. An acknowledged write survives a power cut."""
    ttl = TimeToLive(body.ttl) if "ttl" in body.model_fields_set else None
    binary = read_binaries(body.binary) if body.binary else {}
    if not body.data:
        refuse_if_broken(find_misnamed_members(body))
    request = WritePairsRequest(body.data, body.namespace, ttl, body.if_absent, body.if_revision, binary, idempotency_key)
    response = await write_pairs(caller, request)
    skipped = ",".join(map(encode_basestring, response.skipped))
    return f'{{"status":"success","written":{response.written},"revision":{response.revision},"skipped":[{skipped}]}}'.encode()


@router.post("/read", response_model=ReadResponse, response_model_exclude_unset=True)
@raises(*NAMESPACE_ERRORS)
async def read(body: ReadBody, caller: Authenticated, read_pairs: FromDishka[ReadPairs], stale: Stale = None) -> bytes:
    """Read pairs as of one revision of the namespace."""
    request = ReadPairsRequest(body.keys, body.namespace, stale)
    if body.metadata:
        return _render_pairs(await read_pairs.describe(caller, request))
    return _render(await read_pairs(caller, request))


@router.post("/delete", response_model=DeleteResponse, response_model_exclude_unset=True)
@raises(*NAMESPACE_ERRORS, *KEY_ERRORS, RevisionConflictError, StoreFullError)
async def delete(
    body: DeleteBody, caller: Authenticated, delete_pairs: FromDishka[DeletePairs], idempotency_key: KeyInHeader = None
) -> bytes:
    """Delete pairs: all of them in one transaction, or none."""
    request = DeletePairsRequest(body.keys, body.namespace, body.if_revision, body.previous, idempotency_key)
    response = await delete_pairs(caller, request)
    missing = ",".join(map(encode_basestring, response.missing))
    previous = f',"previous":{{{_render_values(response.previous)}}}' if body.previous else ""
    return f'{{"deleted":{response.deleted},"missing":[{missing}],"revision":{response.revision}{previous}}}'.encode()


def _render(response: ReadPairsResponse) -> bytes:
    # Values are JSON texts already: they are concatenated, not parsed and serialized again.
    keys, values = response.keys, response.values
    data = [f"{encode_basestring(key)}:{value}" for key, value in zip(keys, values, strict=True) if type(value) is str]
    missing, binary = [], ""
    if len(data) < len(keys):
        missing = [encode_basestring(key) for key, value in zip(keys, values, strict=True) if value is None]
        if len(data) + len(missing) < len(keys):
            binary = _render_binaries(zip(keys, values, strict=True))
    return f'{{"data":{{{",".join(data)}}}{binary},"missing":[{",".join(missing)}],"revision":{response.revision}}}'.encode()


def _render_pairs(response: DescribePairsResponse) -> bytes:
    values = _render_values({key: pair.value for key, pair in response.found.items()})
    metadata = ",".join([f"{encode_basestring(key)}:{{{render_metadata(pair)}}}" for key, pair in response.found.items()])
    missing = ",".join(map(encode_basestring, response.missing))
    return f'{{{values},"missing":[{missing}],"revision":{response.revision},"metadata":{{{metadata}}}}}'.encode()


def _render_values(values: Mapping[str, Value]) -> str:
    """Return the member `data` and, if there are values of bytes, the member `binary`."""
    data = ",".join([f"{encode_basestring(key)}:{value}" for key, value in values.items() if type(value) is str])
    return f'"data":{{{data}}}{_render_binaries(values.items())}'


def _render_binaries(values: Iterable[tuple[str, Value | None]]) -> str:
    """Return the member `binary`, behind a comma; nothing if there are no values of bytes."""
    rendered = ",".join(
        [f"{encode_basestring(key)}:{render_binary(value)}" for key, value in values if isinstance(value, Binary)]
    )
    return f',"binary":{{{rendered}}}' if rendered else ""
