-- Stored functions of key_value_service for imports, called as `loading.NAME`; see common/refusals.lua.

local changes = require('key_value_tarantool.changes')

local function load_all(change, tuples, if_absent)
    local skipped, expired = 0, 0
    for _, tuple in ipairs(tuples) do
        local key, value, expires_at = tuple[1], tuple[2], tuple[3]
        if expires_at ~= nil and expires_at <= change.now then
            expired = expired + 1
        elseif if_absent and change:revision_of(key) > 0 then
            skipped = skipped + 1
        else
            change:put(key, value, expires_at)
        end
    end
    return {change.revision, skipped, expired}
end

-- Inserts or replaces every {key, value (packed.put_value)[, expiry in milliseconds since 1970-01-01 UTC]}: all in one
-- transaction, or none. With `if_absent`, pairs that exist are skipped.
-- Returns {revision, number of skipped pairs, number of expired ones}.
local function load(name, tuples, if_absent)
    return changes.apply(name, nil, load_all, tuples, if_absent)
end

return {load = load}
