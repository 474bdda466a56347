"""The domain's rules as JSON schema, for the OpenAPI document alone: the domain enforces them."""

from pydantic.config import JsonDict

from key_value_service.domain.value_objects import key, namespace_name, time_to_live

KEY_RULES: JsonDict = {"minLength": key.MIN_BYTES, "maxLength": key.MAX_BYTES, "pattern": key.PATTERN}
TTL_RULES: JsonDict = {"minimum": time_to_live.MIN_SECONDS, "maximum": time_to_live.MAX_SECONDS}
NAMESPACE_RULES: JsonDict = {"maxLength": namespace_name.MAX_LENGTH, "pattern": namespace_name.PATTERN}
