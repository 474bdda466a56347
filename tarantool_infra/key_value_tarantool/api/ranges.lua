-- Stored functions of key_value_service for the pairs between two keys, called as `ranges.NAME`; see
-- common/refusals.lua. Keys are in the order of their bytes in UTF-8, which is that of their code points.

local PAIR = require('key_value_tarantool.pair')
local changes = require('key_value_tarantool.changes')
local durability = require('key_value_tarantool.durability')
local namespaces = require('key_value_tarantool.namespaces')
local refusals = require('key_value_tarantool.refusals')

local ID, REVISION = namespaces.FIELDS.ID, namespaces.FIELDS.REVISION
local NAMESPACE, KEY, VALUE = PAIR.NAMESPACE, PAIR.KEY, PAIR.VALUE
-- Expired pairs are skipped: a list reads up to that many tuples beyond its limit.
local MAX_SKIPPED = 1000

-- Pairs with `first` <= key < `stop` (null: to the end), in order, or with `reverse` in reverse order. Expired pairs are skipped.
-- Returns {tuples, revision, the key to go on with or nil}: the next page is at or after that key, with `reverse` before it.
local function list(name, first, stop, limit, max_bytes, reverse, keys_only)
    while true do
        local namespace = namespaces.find(name)
        if namespace == nil then
            return refusals.NO_NAMESPACE
        end
        local id, revision, now = namespace[ID], namespace[REVISION], changes.now()
        local found, bytes, seen, next_key, before = {}, 0, 0, nil, nil
        local start, iterator = {id, first}, 'GE'
        if reverse then
            start, iterator = stop == nil and {id} or {id, stop}, stop == nil and 'REQ' or 'LT'
        end
        for _, pair in box.space.pairs:pairs(start, {iterator = iterator}) do
            local key = pair[KEY]
            if pair[NAMESPACE] ~= id or (reverse and key < first) or (not reverse and stop ~= nil and key >= stop) then
                break
            end
            if #found == limit or bytes >= max_bytes or seen == limit + MAX_SKIPPED then
                next_key = reverse and before or key
                break
            end
            seen = seen + 1
            before = key
            if not PAIR.is_expired(pair, now) then
                if keys_only then -- as a table: a tuple would take memory for data until Lua collects it
                    found[#found + 1] = {id, key, '', pair:unpack(VALUE + 1)}
                else
                    found[#found + 1] = pair
                    bytes = bytes + pair:bsize()
                end
            end
        end
        if durability.wait(id, revision) then
            return {found, revision, next_key}
        end
    end
end

local function delete_slice(change, first, stop, limit)
    local keys, next_key = {}, nil
    for _, pair in box.space.pairs:pairs({change.id, first}, {iterator = 'GE'}) do
        local key = pair[KEY]
        if pair[NAMESPACE] ~= change.id or (stop ~= nil and key >= stop) then
            break
        end
        if #keys == limit then
            next_key = key
            break
        end
        keys[#keys + 1] = key
    end
    local deleted = 0
    for _, key in ipairs(keys) do
        if change:delete(key) then
            deleted = deleted + 1
        end
    end
    return {change.revision, deleted, next_key}
end

-- Deletes, in one transaction, the first `limit` pairs with `first` <= key < `stop` (null: to the end).
-- Returns {revision, number of deleted pairs, the key to go on with or nil}.
local function delete(name, first, stop, limit)
    return changes.apply(name, nil, delete_slice, first, stop, limit)
end

return {list = list, delete = delete}
