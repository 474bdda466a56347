"""Stored functions that change nothing: calls of them may be repeated. The same as `readers` of the instance's init.lua."""

READERS = frozenset(
    {
        "challenges.find",
        "clients.list",
        "clients.read",
        "consents.find",
        "consents.list",
        "events.list",
        "factors.find_passkey",
        "factors.list",
        "grants.explain",
        "grants.list",
        "groups.list",
        "groups.list_members",
        "keys.list",
        "lookup.find",
        "policies.read",
        "revocations.follow",
        "sessions.find",
        "sessions.list",
        "users.has_administrator",
        "users.list",
    }
)
