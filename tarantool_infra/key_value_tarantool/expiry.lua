-- Deletes pairs that have expired. Readers do not see them any more by then; sweeping makes an expiry a change like any other.

local PAIR = require('key_value_tarantool.pair')
local changes = require('key_value_tarantool.changes')
local fiber = require('fiber')
local memory = require('key_value_tarantool.memory')
local namespaces = require('key_value_tarantool.namespaces')
local packed = require('key_value_tarantool.packed')

local NAMESPACE, KEY, EXPIRES_AT = PAIR.NAMESPACE, PAIR.KEY, PAIR.EXPIRES_AT

-- So many slices may be on their way to the disk: how fast pairs are removed should not depend on how long one takes.
local MAX_ON_THEIR_WAY = 16

-- Where pairs expire faster than they are removed, what waits must not grow without end, nor keep writes from a store that is
-- full: then removing them comes first.
local LATE_MILLISECONDS = 180 * 1000
local MORE_IN_A_HURRY = 8

local on_their_way, failure = 0, nil
local arrived = fiber.cond()

local function expire(change, keys)
    for _, key in ipairs(keys) do
        change:look(key) -- which deletes what has expired
    end
    return true
end

-- Those of a deleted namespace are no changes of anything.
local function forget(id, keys)
    box.atomic(function()
        for _, key in ipairs(keys) do
            box.space.pairs:delete({id, key})
        end
    end)
end

-- Does the work at once, but does not wait for the disk.
local function begin(work, ...)
    on_their_way = on_their_way + 1
    fiber.create(function(...)
        local done, reason = pcall(work, ...)
        if not done then
            failure = reason
        end
        on_their_way = on_their_way - 1
        arrived:signal()
    end, ...)
end

-- Returns the keys, by namespace id, of up to `most` of those that expired first, and how many. Where the first of them expired
-- long ago, or memory is full, of more than that.
local function find_expired(most)
    local moment = changes.now()
    local is_full = memory.note(0)
    local expired, count = {}, 0
    -- Those that live for ever come before 0.
    packed.each(box.space.pairs.id, box.space.pairs.index.expires_at.id, packed.put_number(packed.begin(1, 0), 0), function(pair)
        local expires_at, id = packed.number(pair, EXPIRES_AT), packed.number(pair, NAMESPACE)
        if count == 0 and (is_full or expires_at < moment - LATE_MILLISECONDS) then
            most = most * MORE_IN_A_HURRY
        end
        if expires_at > moment or count == most then
            return false
        end
        expired[id] = expired[id] or {}
        table.insert(expired[id], packed.text(pair, KEY))
        count = count + 1
        return true
    end)
    return expired, count
end

-- Deletes up to `most` of those that expired first, in a transaction a namespace; returns how many it has looked at.
local function sweep(most)
    while on_their_way >= MAX_ON_THEIR_WAY do
        arrived:wait()
    end
    if failure ~= nil then
        local reason = failure
        failure = nil
        error(reason, 0)
    end
    local expired, count = find_expired(most)
    for id, keys in pairs(expired) do
        local namespace, is_on_disk = namespaces.look(id)
        if namespace ~= nil then
            begin(changes.apply, namespace.name, nil, expire, keys)
        elseif is_on_disk then
            begin(forget, id, keys)
        end
    end
    return count
end

return {sweep = sweep}
