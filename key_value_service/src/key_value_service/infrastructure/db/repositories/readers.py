"""Stored functions that change nothing: calls of them may be repeated. The same as `readers` of the instance's init.lua."""

READERS = frozenset(
    {
        "changes.attach",
        "changes.follow",
        "children.list",
        "history.list",
        "key_value.find",
        "key_value.read",
        "namespaces.describe",
        "namespaces.find",
        "namespaces.list",
        "ranges.list",
    }
)
