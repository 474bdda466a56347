"""Parameters in paths. The rules are the domain's; here they are only told to the reader of the OpenAPI document."""

from typing import Annotated

from fastapi import Path

from key_value_service.presentation.api.schema_rules import KEY_RULES, NAMESPACE_RULES

NamespaceInPath = Annotated[str, Path(json_schema_extra=NAMESPACE_RULES)]
KeyInPath = Annotated[str, Path(description="Percent-encoded, slashes (`%2F`), too", json_schema_extra=KEY_RULES)]
