-- Deletes pairs that have expired. Readers do not see them any more; sweeping makes an expiry a change like any other.

local PAIR = require('key_value_tarantool.pair')
local changes = require('key_value_tarantool.changes')
local fiber = require('fiber')
local memory = require('key_value_tarantool.memory')
local namespaces = require('key_value_tarantool.namespaces')
local packed = require('key_value_tarantool.packed')

local NAMESPACE, KEY, EXPIRES_AT = PAIR.NAMESPACE, PAIR.KEY, PAIR.EXPIRES_AT

-- Slices that may wait for the disk at a time: how fast pairs are deleted should not depend on how long one takes.
local MAX_PENDING = 16

-- Where pairs expire faster than they are deleted, the backlog must not grow without end, nor block writes to a full store: then
-- slices are larger.
local LATE_MILLISECONDS = 180 * 1000
local LATE_FACTOR = 8
-- A slice ends with the pair that makes it as large as this: the log keeps the values, beside those of the pairs until the
-- transaction is on disk.
local MAX_SLICE_BYTES = 1024 * 1024

local pending, failure = 0, nil
local finished = fiber.cond()

local function expire(change, keys)
    for _, key in ipairs(keys) do
        change:locate(key) -- which deletes what has expired
    end
    return true
end

-- Deletes pairs of a deleted namespace, which is no change of anything.
local function purge(id, keys)
    box.atomic(function()
        for _, key in ipairs(keys) do
            box.space.pairs:delete({id, key})
        end
    end)
end

-- Starts the work at once, but does not wait for the disk.
local function begin(work, ...)
    pending = pending + 1
    fiber.create(function(...)
        local done, reason = pcall(work, ...)
        if not done then
            failure = reason
        end
        pending = pending - 1
        finished:signal()
    end, ...)
end

-- Returns the keys, by namespace id, of up to `limit` pairs that expired first, and whether there may be more; LATE_FACTOR times
-- as many where the first expired long ago or memory is full.
local function collect_expired(limit)
    local now = changes.now()
    local is_full = memory.account(0)
    local expired, has_more = {}, false
    local count, bytes, max_bytes = 0, 0, MAX_SLICE_BYTES
    -- Pairs that live for ever come before 0.
    packed.each(box.space.pairs.id, box.space.pairs.index.expires_at.id, packed.put_number(packed.begin(1, 0), 0), function(pair)
        local expires_at, id = packed.number(pair, EXPIRES_AT), packed.number(pair, NAMESPACE)
        if count == 0 and (is_full or expires_at < now - LATE_MILLISECONDS) then
            limit, max_bytes = limit * LATE_FACTOR, max_bytes * LATE_FACTOR
        end
        if expires_at > now then
            return false
        end
        if count == limit or bytes >= max_bytes then
            has_more = true
            return false
        end
        expired[id] = expired[id] or {}
        table.insert(expired[id], packed.text(pair, KEY))
        count = count + 1
        bytes = bytes + packed.bytes(pair)
        return true
    end)
    return expired, has_more
end

-- Deletes up to `limit` pairs (see collect_expired), in a transaction a namespace. Returns `limit` where there may be more: a
-- slice of large pairs has fewer.
local function sweep(limit)
    while pending >= MAX_PENDING do
        finished:wait()
    end
    if failure ~= nil then
        local reason = failure
        failure = nil
        error(reason, 0)
    end
    local expired, has_more = collect_expired(limit)
    for id, keys in pairs(expired) do
        local namespace, is_on_disk = namespaces.get(id)
        if namespace ~= nil then
            begin(changes.apply, namespace.name, nil, expire, keys)
        elseif is_on_disk then
            begin(purge, id, keys)
        end
    end
    return has_more and limit or 0
end

return {sweep = sweep}
