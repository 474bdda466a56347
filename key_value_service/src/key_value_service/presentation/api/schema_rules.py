"""The domain's rules in the words of JSON schema, for the reader of the OpenAPI document alone."""

from pydantic.config import JsonDict

from key_value_service.domain.value_objects import key, time_to_live
from shared_kernel.domain.grants import LONGEST_NAMESPACE, NAMESPACE_PATTERN

KEY_RULES: JsonDict = {"minLength": key.SHORTEST_BYTES, "maxLength": key.LONGEST_BYTES, "pattern": key.PATTERN}
TTL_RULES: JsonDict = {"minimum": time_to_live.SHORTEST_SECONDS, "maximum": time_to_live.LONGEST_SECONDS}
NAMESPACE_RULES: JsonDict = {"maxLength": LONGEST_NAMESPACE, "pattern": NAMESPACE_PATTERN}
