"""Changing JSON values by merge patches (RFC 7396)."""

from collections.abc import Mapping


def merge(target: object, patch: object) -> object:
    """Return what a patch makes of a parsed JSON value: objects are merged, null removes, anything else replaces."""
    if not isinstance(patch, Mapping):
        return patch
    merged = dict(target) if isinstance(target, Mapping) else {}
    for name, value in patch.items():
        if value is None:
            merged.pop(name, None)
        else:
            merged[name] = merge(merged.get(name), value)
    return merged
