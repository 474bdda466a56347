"""JSON Merge Patch (RFC 7396)."""

from collections.abc import Mapping


def merge(target: object, patch: object) -> object:
    """Return a parsed JSON value with the patch applied: objects are merged, null removes, anything else replaces."""
    if not isinstance(patch, Mapping):
        return patch
    merged = dict(target) if isinstance(target, Mapping) else {}
    for name, value in patch.items():
        if value is None:
            merged.pop(name, None)
        else:
            merged[name] = merge(merged.get(name), value)
    return merged
