"""The domain's rules in the words of JSON schema, for the reader of the OpenAPI document alone."""

from pydantic.config import JsonDict

from key_value_service.domain.value_objects import key, time_to_live
from shared_kernel.domain.grants import MAX_NAMESPACE, NAMESPACE_PATTERN

KEY_RULES: JsonDict = {"minLength": key.MIN_BYTES, "maxLength": key.MAX_BYTES, "pattern": key.PATTERN}
TTL_RULES: JsonDict = {"minimum": time_to_live.MIN_SECONDS, "maximum": time_to_live.MAX_SECONDS}
NAMESPACE_RULES: JsonDict = {"maxLength": MAX_NAMESPACE, "pattern": NAMESPACE_PATTERN}
