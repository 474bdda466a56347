"""Parameters in paths. The rules are the domain's; here they are only told to the reader of the OpenAPI document."""

from typing import Annotated

from fastapi import Path

from key_value_service.domain.value_objects import key as key_rules
from shared_kernel.domain.grants import LONGEST_NAMESPACE, NAMESPACE_PATTERN

NamespaceInPath = Annotated[str, Path(json_schema_extra={"maxLength": LONGEST_NAMESPACE, "pattern": NAMESPACE_PATTERN})]
KeyInPath = Annotated[
    str,
    Path(
        description="Percent-encoded, slashes (`%2F`), too",
        json_schema_extra={
            "minLength": key_rules.SHORTEST_BYTES,
            "maxLength": key_rules.LONGEST_BYTES,
            "pattern": key_rules.PATTERN,
        },
    ),
]
