std = "luajit"
max_line_length = 130
read_globals = {"box", "tonumber64"}
files["tarantool_infra/key_value_tarantool/init.lua"] = {globals = {"changes", "children", "cluster", "disk", "eras", "history", "key_value", "loading", "namespaces", "ranges", "stale", "statistics", "transactions", "watch_tickets"}}
files["tarantool_infra/authorization_tarantool/init.lua"] = {globals = {"attempts", "browser_sessions", "challenges", "clients", "cluster", "codes", "consents", "devices", "disk", "eras", "events", "factors", "grants", "groups", "keys", "logout_notices", "lookup", "policies", "pushed_requests", "revocations", "sessions", "statistics", "users"}}
files["benchmarks/load.lua"] = {globals = {"request", "done"}, read_globals = {"requests", "before", "after", "pairs_count"}}
files["development/test_support/lua_memory.lua"] = {globals = {"arg"}}
files["development/test_support/follower.lua"] = {globals = {"arg", "box"}}
