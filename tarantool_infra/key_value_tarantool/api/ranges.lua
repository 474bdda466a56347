-- Stored functions of key_value_service for the pairs between two keys, called as `ranges.NAME`; see
-- common/refusals.lua. Keys are in the order of their bytes in UTF-8, which is that of their code points.

local PAIR = require('key_value_tarantool.pair')
local changes = require('key_value_tarantool.changes')
local durability = require('key_value_tarantool.durability')
local namespaces = require('key_value_tarantool.namespaces')
local packed = require('key_value_tarantool.packed')
local refusals = require('key_value_tarantool.refusals')

local ID, REVISION = namespaces.FIELDS.ID, namespaces.FIELDS.REVISION
local NAMESPACE, KEY, VALUE = PAIR.NAMESPACE, PAIR.KEY, PAIR.VALUE
-- Expired pairs are skipped: a list reads up to that many tuples beyond its limit.
local MAX_SKIPPED = 1000
-- A page of a search also ends when that many bytes of keys have been looked at: whatever the text, they take some milliseconds.
local MAX_SEARCHED_BYTES = 512 * 1024
-- A deletion ends with the pair that makes it as large as this: the log keeps the values, beside those of the pairs until the
-- transaction is on disk.
local MAX_DELETED_BYTES = 4 * 1024 * 1024

-- What a list returns for a pair.
local function pick(pair, keys_only)
    if keys_only then -- as a table: a tuple would take memory for data until Lua collects it
        return {pair[NAMESPACE], pair[KEY], '', pair:unpack(VALUE + 1)}
    end
    return pair
end

-- Returns the pairs of a page, and the key to go on with or nil.
local function collect(id, now, first, stop, limit, max_bytes, reverse, keys_only)
    local found, bytes, seen, before = {}, 0, 0, nil
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
            return found, reverse and before or key
        end
        seen = seen + 1
        before = key
        if not PAIR.is_expired(pair, now) then
            found[#found + 1] = pick(pair, keys_only)
            bytes = keys_only and 0 or bytes + PAIR.answered_bytes(pair)
        end
    end
    return found, nil
end

-- A key and an order for `packed.each`: down from the key before `stop`, or from the last one.
local function begin_before(id, stop)
    if stop == nil then
        return packed.put_number(packed.begin(1, 0), id), packed.EQUAL_REVERSED
    end
    return packed.make_key(id, stop), packed.LESS
end

-- As `collect`, of pairs whose keys contain `text`; the page also ends when it has looked at `max_searched` keys. Lua makes
-- nothing of those without the text: with a tuple and a string for each, it takes six times as long.
local function search(id, now, first, stop, limit, max_bytes, reverse, keys_only, text, max_searched)
    local space = box.space.pairs
    local keys, bytes, searched, searched_bytes, next_key = {}, 0, 0, 0, nil
    local start, order
    if reverse then
        start, order = begin_before(id, stop)
    else
        start = packed.make_key(id, first)
    end
    packed.each(space.id, space.index.key.id, start, function(pair)
        if packed.number(pair, NAMESPACE) ~= id then
            return false
        elseif reverse then
            if packed.is_before(pair, KEY, first) then
                return false
            end
        elseif stop ~= nil and not packed.is_before(pair, KEY, stop) then
            return false
        end
        if #keys == limit or bytes >= max_bytes or searched == max_searched or searched_bytes >= MAX_SEARCHED_BYTES then
            next_key = packed.text(pair, KEY)
            return false
        end
        local is_match, length = packed.contains(pair, KEY, text)
        searched, searched_bytes = searched + 1, searched_bytes + length
        if is_match and not PAIR.is_expired(pair, now) then
            keys[#keys + 1] = packed.text(pair, KEY)
            bytes = keys_only and 0 or bytes + PAIR.answered_bytes(pair)
        end
        return true
    end, order)
    local found = {}
    for position, key in ipairs(keys) do
        found[position] = pick(space:get({id, key}), keys_only)
    end
    -- In reverse the next page ends before the least text after this key.
    return found, next_key and reverse and next_key .. '\0' or next_key
end

-- Pairs with `first` <= key < `stop` (null: to the end), in order, or with `reverse` in reverse order; with a `text`, those of
-- the next `max_searched` pairs whose keys contain it. Expired pairs are skipped.
-- Returns {tuples, revision, the key to go on with or nil}: the next page is at or after that key, with `reverse` before it.
local function list(name, first, stop, limit, max_bytes, reverse, keys_only, text, max_searched)
    local find_page = text == nil and collect or search
    while true do
        local namespace = namespaces.find(name)
        if namespace == nil then
            return refusals.NO_NAMESPACE
        end
        local id, revision = namespace[ID], namespace[REVISION]
        local found, next_key = find_page(
            id, changes.now(), first, stop, limit, max_bytes, reverse, keys_only, text, max_searched)
        if durability.wait(id, revision) then
            return {found, revision, next_key}
        end
    end
end

local function delete_slice(change, first, stop, limit)
    local keys, bytes, next_key = {}, 0, nil
    for _, pair in box.space.pairs:pairs({change.id, first}, {iterator = 'GE'}) do
        local key = pair[KEY]
        if pair[NAMESPACE] ~= change.id or (stop ~= nil and key >= stop) then
            break
        end
        if #keys == limit or bytes >= MAX_DELETED_BYTES then
            next_key = key
            break
        end
        keys[#keys + 1] = key
        bytes = bytes + pair:bsize()
    end
    local deleted = 0
    for _, key in ipairs(keys) do
        if change:delete(key) then
            deleted = deleted + 1
        end
    end
    return {change.revision, deleted, next_key}
end

-- Deletes, in one transaction, the first pairs, up to `limit`, with `first` <= key < `stop` (null: to the end).
-- Returns {revision, number of deleted pairs, the key to go on with or nil}.
local function delete(name, first, stop, limit)
    return changes.apply(name, nil, delete_slice, first, stop, limit)
end

return {list = list, delete = delete}
