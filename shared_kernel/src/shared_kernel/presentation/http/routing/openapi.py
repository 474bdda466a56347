"""How operations appear in the OpenAPI document, as far as FastAPI does not know."""

import inspect
from collections.abc import Awaitable, Callable, Iterable, Mapping
from collections.abc import Set as AbstractSet
from types import NoneType
from typing import Any

from shared_kernel.presentation.http.routing.body import BodyParser, FormParser, describe_form
from shared_kernel.presentation.http.routing.body_stream import BodyStream, JsonSchema
from shared_kernel.presentation.http.server.response import Headers

Endpoint = Callable[..., Awaitable[Any]]
Responses = dict[int | str, dict[str, Any]]
"""FastAPI's `responses` of an operation, by status."""


def describe_fields(headers: Headers, *, are_always_sent: bool) -> JsonSchema:
    """Return the `headers` of a response that has these fields, with these values or others."""
    return {
        name.decode().title(): {
            "required": are_always_sent,
            "schema": {"type": "string", "examples": [value.decode()]},
        }
        for name, value in headers
    }


def add_fields(responses: Responses, statuses: Iterable[int | str], fields: JsonSchema) -> Responses:
    """Return the responses, with `headers` added to those of some statuses."""
    extended = {status: responses.get(status, {}) for status in statuses}
    return responses | {
        status: {**response, "headers": {**response.get("headers", {}), **fields}} for status, response in extended.items()
    }


def describe_items(item: JsonSchema | None) -> JsonSchema:
    """Return the media type object of a stream: with the schema of each item (OpenAPI 3.2), or of a text."""
    return {"schema": {"type": "string"}} if item is None else {"itemSchema": item}


def describe_body(model: Any, parser: BodyParser | FormParser) -> dict[str, Any]:
    """Return the `requestBody` of an operation whose body is parsed to the model."""
    if isinstance(parser, FormParser):
        # FastAPI describes forms only where its own parser of forms is installed.
        form = {media_type: {"schema": describe_form(model)} for media_type in parser.media_types}
        return {"requestBody": {"required": True, "content": form}}
    # FastAPI describes application/json by itself.
    schema = {"schema": {"$ref": f"#/components/schemas/{model.__name__}"}}
    content: dict[str, Any] = {media_type: schema for media_type in parser.media_types if media_type != "application/json"}
    if parser.all_but:
        content["application/octet-stream"] = {"schema": {"type": "string", "format": "binary"}}
    return {"requestBody": {"content": content} | ({"required": False} if parser.is_optional else {})}


def describe_stream_body(body: type[BodyStream]) -> dict[str, Any]:
    """Return the `requestBody` of an operation whose body is a stream."""
    content = {media_type: describe_items(body.item) for media_type in body.media_types}
    return {"requestBody": {"required": True, "content": content}}


def make_documented(endpoint: Endpoint, hints: Mapping[str, Any], own: AbstractSet[str]) -> Endpoint:
    """Return a stand-in of the endpoint for FastAPI to document: with the parameters that clients send, without our `own`."""

    async def documented() -> None:
        raise NotImplementedError("HttpProtocol recognizes this operation before FastAPI sees the request")

    signature = inspect.signature(endpoint)
    documented.__name__ = endpoint.__name__
    documented.__doc__ = endpoint.__doc__
    documented.__dict__["__signature__"] = signature.replace(
        parameters=[
            parameter.replace(annotation=hints[name]) for name, parameter in signature.parameters.items() if name not in own
        ],
        # To FastAPI, None is no model; its type would be one.
        return_annotation=None if hints["return"] is NoneType else hints["return"],
    )
    return documented
