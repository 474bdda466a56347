-- Stored functions of key_value_service for pairs, called as `key_value.NAME`; see common/refusals.lua.
-- A pair's tuple is {namespace id, key, value, revision, created revision, version[, expiry in milliseconds]}.

local PAIR = require('key_value_tarantool.pair')
local changes = require('key_value_tarantool.changes')
local idempotency = require('key_value_tarantool.idempotency')
local numbers = require('key_value_tarantool.numbers')
local packed = require('key_value_tarantool.packed')
local refusals = require('key_value_tarantool.refusals')

local VALUE, REVISION, CREATED_REVISION = PAIR.VALUE, PAIR.REVISION, PAIR.CREATED_REVISION
local VERSION, EXPIRES_AT = PAIR.VERSION, PAIR.EXPIRES_AT
-- Larger tuples, and bytes, are answered as they are, not as Lua strings, for which LuaJIT has little memory.
local MAX_TEXT_BYTES = 16 * 1024
local TOO_LARGE = refusals.TOO_LARGE

-- What `read` answers for a pair, and the bytes of its tuple.
local function read_value(reading, key)
    local pair = reading:locate(key)
    if pair == nil then
        return box.NULL, 0
    end
    local bytes = packed.bytes(pair)
    local text = bytes <= MAX_TEXT_BYTES and packed.text(pair, VALUE)
    if text then
        return text, bytes
    end
    local found = reading:find(key)
    return found, PAIR.answered_bytes(found)
end

local function read_all(reading, keys, max_bytes)
    local values, bytes = {}, 0
    if #keys == 1 then
        values[1], bytes = read_value(reading, keys[1])
    else
        for place = 1, #keys do
            local value, more = read_value(reading, keys[place])
            values[place] = value
            bytes = bytes + more
        end
    end
    return bytes > max_bytes and TOO_LARGE or values
end

-- The pair's tuple, or a table that is encoded the same, and its bytes; or nil and 0.
local function read_pair(reading, key)
    local pair = reading:locate(key)
    if pair == nil then
        return nil, 0
    end
    local bytes = packed.bytes(pair)
    local text = bytes <= MAX_TEXT_BYTES and packed.text(pair, VALUE)
    if not text then
        local found = reading:find(key)
        return found, PAIR.answered_bytes(found)
    end
    return {
        reading.id, key, text, packed.number(pair, REVISION), packed.number(pair, CREATED_REVISION),
        packed.number(pair, VERSION), packed.number(pair, EXPIRES_AT),
    }, bytes
end

local function find_all(reading, keys, max_bytes)
    local found, bytes = {}, 0
    for place = 1, #keys do
        local pair, more = read_pair(reading, keys[place])
        found[#found + 1] = pair
        bytes = bytes + more
    end
    return bytes > max_bytes and TOO_LARGE or found
end

-- Returns {values, revision}: for each key the JSON text of its value, or the pair's tuple where that is long or has bytes, null
-- where there is none. Refuses TOO_LARGE where the tuples have more than `max_bytes` in all.
local function read(name, keys, max_bytes)
    local answer = changes.read(name, read_all, keys, max_bytes)
    return answer[1] == TOO_LARGE and TOO_LARGE or answer
end

-- Returns {tuples, revision} of the pairs that exist, in the order of the keys. Refuses as `read` does.
local function find(name, keys, max_bytes)
    local answer = changes.read(name, find_all, keys, max_bytes)
    return answer[1] == TOO_LARGE and TOO_LARGE or answer
end

-- Returns the number of new pairs.
local function write_one(change, tuple, expires_at, if_absent, skipped)
    local key = tuple[1]
    if if_absent and change:revision_of(key) > 0 then
        skipped[#skipped + 1] = key
        return 0
    end
    return change:put(key, tuple[2], expires_at) and 1 or 0
end

local function write_all(change, tuples, ttl, if_absent)
    local expires_at = change:expiry(ttl)
    local skipped, created = {}, 0
    if #tuples == 1 then
        created = write_one(change, tuples[1], expires_at, if_absent, skipped)
    else
        for place = 1, #tuples do
            created = created + write_one(change, tuples[place], expires_at, if_absent, skipped)
        end
    end
    return {change.revision, skipped, created}
end

-- Inserts or replaces every {key, value}, values as in packed.put_value: all in one transaction, or none. With `if_absent`, pairs
-- that exist are skipped. `ttl` as in Changes:expiry; `expected` as in changes.apply, `request` as in idempotency.apply, here and
-- below.
-- Returns {revision, skipped keys, number of new pairs}.
local function write(name, tuples, ttl, if_absent, expected, request)
    return idempotency.apply(request, name, expected, write_all, tuples, ttl, if_absent)
end

local function delete_all(change, keys, max_bytes)
    local missing, previous, bytes = {}, {}, 0
    for _, key in ipairs(keys) do
        local pair = max_bytes ~= nil and change:find(key) or nil
        if pair ~= nil then
            previous[#previous + 1] = pair
            bytes = bytes + PAIR.answered_bytes(pair)
            if bytes > max_bytes then
                return nil, TOO_LARGE
            end
        end
        if not change:delete(key) then
            missing[#missing + 1] = key
        end
    end
    return {change.revision, missing, max_bytes ~= nil and previous or nil}
end

-- Deletes pairs in one transaction. Returns {revision, keys that do not exist[, tuples]}: with `max_bytes`, those of the deleted
-- pairs. Refuses TOO_LARGE where these have more bytes in all.
local function delete(name, keys, expected, max_bytes, request)
    return idempotency.apply(request, name, expected, delete_all, keys, max_bytes)
end

local function replace_value(change, key, value, revision)
    local pair = change:find(key)
    if pair == nil then
        return nil, refusals.conflict({{key, 0}})
    end
    if pair[REVISION] ~= revision then
        change.is_tried_again = true
        return nil, refusals.conflict({{key, pair[REVISION]}})
    end
    change:put(key, value, pair[EXPIRES_AT])
    return {change.revision}
end

-- Replaces the value of the pair that has this revision, and keeps its expiry. Returns {revision}. Where the pair has another
-- revision that is as expected, the service makes a value of that and tries again: the refusal is not the request's answer.
local function replace(name, key, value, revision, expected, request)
    return idempotency.apply(request, name, expected, replace_value, key, value, revision)
end

local function set_ttl_of(change, key, ttl)
    local pair = change:locate(key)
    if pair == nil then
        return {change.revision, false}
    end
    local before, expires_at = packed.number(pair, EXPIRES_AT), change:expiry(ttl)
    if before == nil or expires_at == nil or expires_at < before then
        change:put(key, packed.value(pair, VALUE), expires_at)
        return {change.revision, true, expires_at}
    end
    local revision = packed.number(pair, REVISION)
    if expires_at > before then
        change:renew(pair, key, expires_at)
    end
    return {revision, true, expires_at}
end

-- Sets when a pair expires; `ttl` as in Changes:expiry. Returns {the pair's revision, whether it exists[, expiry]}. To let a pair
-- that expires live longer is no change (Changes:renew): it keeps its revision.
local function set_ttl(name, key, ttl, expected, request)
    return idempotency.apply(request, name, expected, set_ttl_of, key, ttl)
end

local function increment_one(change, key, by)
    local sum, refusal = numbers.increment(change, key, by)
    if sum == nil then
        return nil, refusal
    end
    return {change.revision, sum}
end

-- Adds a number (JSON text) to that of a pair and keeps its expiry; a pair that does not exist counts as 0.
-- Returns {revision, JSON text of the sum}. Refuses NOT_A_NUMBER or OVERFLOW.
local function increment(name, key, by, expected, request)
    return idempotency.apply(request, name, expected, increment_one, key, by)
end

return {
    find = find,
    read = read,
    write = write,
    delete = delete,
    replace = replace,
    set_ttl = set_ttl,
    increment = increment,
}
