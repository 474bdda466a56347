"""Parameters that name what an operation is about. The domain enforces their rules; the OpenAPI document repeats them."""

from typing import Annotated

from fastapi import Path
from pydantic import Field

from key_value_service.presentation.api.schema_rules import KEY_RULES, NAMESPACE_RULES

# The key in the query comes first: proxies decode and normalize paths, and would make another pair of `a%2F..%2Fb`.
PAIR_PATHS = ("/namespaces/{namespace}/pair", "/namespaces/{namespace}/pairs/{key}")

NamespaceInPath = Annotated[str, Path(json_schema_extra=NAMESPACE_RULES)]
KeyInPathOrQuery = Annotated[
    str, Field(description="Percent-encoded; in a path, including slashes (`%2F`)", json_schema_extra=KEY_RULES)
]
