-- The tuple of a pair in the space `pairs`. Modules read these numbers into locals when they are loaded: LuaJIT folds such locals
-- as it does literals.

local packed = require('key_value_tarantool.packed')

-- Fields. `value` is JSON text, or bytes: `<media type>\n<bytes>`. `expires_at` is in milliseconds since 1970-01-01 UTC, and null
-- or left out for ever.
local NAMESPACE, KEY, VALUE, REVISION, CREATED_REVISION, VERSION, EXPIRES_AT = 1, 2, 3, 4, 5, 6, 7

-- The index by hash.
local LOOKUP = 2

-- Whether a pair's tuple (packed or not) has expired by `now`, in milliseconds since 1970-01-01 UTC.
local function is_expired(tuple, now)
    local expires_at = packed.number(tuple, EXPIRES_AT)
    return expires_at ~= nil and expires_at <= now
end

-- The size of a pair's tuple (packed or not) in an answer.
local function answered_bytes(tuple)
    return packed.answered_bytes(tuple, VALUE)
end

return {
    NAMESPACE = NAMESPACE,
    KEY = KEY,
    VALUE = VALUE,
    REVISION = REVISION,
    CREATED_REVISION = CREATED_REVISION,
    VERSION = VERSION,
    EXPIRES_AT = EXPIRES_AT,
    LOOKUP = LOOKUP,
    is_expired = is_expired,
    answered_bytes = answered_bytes,
}
