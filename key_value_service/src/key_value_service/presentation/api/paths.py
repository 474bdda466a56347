"""Path parameters. The domain enforces their rules; the OpenAPI document repeats them."""

from typing import Annotated

from fastapi import Path

from key_value_service.presentation.api.schema_rules import KEY_RULES, NAMESPACE_RULES

NamespaceInPath = Annotated[str, Path(json_schema_extra=NAMESPACE_RULES)]
KeyInPath = Annotated[str, Path(description="Percent-encoded, including slashes (`%2F`)", json_schema_extra=KEY_RULES)]
