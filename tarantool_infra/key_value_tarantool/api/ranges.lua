-- Stored functions of key_value_service for the pairs between two keys, called as `ranges.NAME`; see
-- common/refusals.lua. Keys are in the order of their bytes in UTF-8, which is that of their code points.

local clock = require('clock')
local fiber = require('fiber')

local PAIR = require('key_value_tarantool.pair')
local changes = require('key_value_tarantool.changes')
local durability = require('key_value_tarantool.durability')
local key_search = require('key_value_tarantool.key_search')
local namespaces = require('key_value_tarantool.namespaces')
local refusals = require('key_value_tarantool.refusals')

local ID, REVISION = namespaces.FIELDS.ID, namespaces.FIELDS.REVISION
local NAMESPACE, KEY, VALUE = PAIR.NAMESPACE, PAIR.KEY, PAIR.VALUE
-- Expired pairs are skipped: a list reads up to that many tuples beyond its limit.
local MAX_SKIPPED = 1000
-- A search looks at so many keys, or at so many bytes of them, before others get their turn: some two milliseconds. Searches at
-- the same time share that.
local SLICE_KEYS, SLICE_BYTES = 10000, 1024 * 1024
local MIN_SLICE_KEYS = 500
-- A page of a search ends with the slice in which that time is over.
local MAX_SEARCH_SECONDS = 0.05
-- A deletion ends with the pair that makes it as large as this: the log keeps the values, beside those of the pairs until the
-- transaction is on disk.
local MAX_DELETED_BYTES = 4 * 1024 * 1024

local searches = 0 -- that are under way

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

-- Finds the pairs of one slice of a search. Returns {tuples, bytes, how many keys were looked at, the key to go on with or nil}.
local function find_slice(id, now, first, stop, limit, max_bytes, reverse, keys_only, text, max_searched)
    local keys, searched, bytes, next_key = key_search.find(
        id, now, first, stop, reverse, text, limit, not keys_only and max_bytes or nil,
        math.min(max_searched, math.max(math.floor(SLICE_KEYS / searches), MIN_SLICE_KEYS)), SLICE_BYTES / searches)
    local found = {}
    for position, key in ipairs(keys) do
        found[position] = pick(box.space.pairs:get({id, key}), keys_only)
    end
    return found, bytes, searched, next_key
end

-- The page of a search. All of its slices show the namespace as of one revision: where that changes meanwhile, the page ends.
local function search_slices(name, first, stop, limit, max_bytes, reverse, keys_only, text, max_searched)
    local deadline = clock.monotonic() + MAX_SEARCH_SECONDS
    local found, bytes, searched, begun, next_key = {}, 0, 0, nil, nil
    while true do
        local namespace = namespaces.find(name)
        if begun == nil and namespace == nil then
            return refusals.NO_NAMESPACE
        elseif begun ~= nil and (namespace == nil or namespace[ID] ~= begun[ID] or namespace[REVISION] ~= begun[REVISION]) then
            break
        end
        local id = namespace[ID]
        local more, more_bytes, more_searched, position = find_slice(
            id, changes.now(), first, stop, limit - #found, max_bytes - bytes, reverse, keys_only, text, max_searched - searched)
        if durability.wait(id, namespace[REVISION]) then
            for _, pair in ipairs(more) do
                found[#found + 1] = pair
            end
            begun, bytes, searched, next_key = namespace, bytes + more_bytes, searched + more_searched, position
            local is_full = #found == limit or searched == max_searched or (not keys_only and bytes >= max_bytes)
            if position == nil or is_full or clock.monotonic() >= deadline then
                break
            end
            if reverse then
                stop = position
            else
                first = position
            end
            fiber.sleep(0) -- others get their turn
        end
    end
    return {found, begun[REVISION], next_key or box.NULL, searched}
end

-- As `list`, of the pairs whose keys contain `text`, among the next `max_searched` at most. Returns also how many were looked at.
local function search(...)
    searches = searches + 1
    local is_done, page = pcall(search_slices, ...)
    searches = searches - 1
    if not is_done then
        error(page, 0)
    end
    return page
end

-- Pairs with `first` <= key < `stop` (null: to the end), in order, or with `reverse` in reverse order; with a `text`, those whose
-- keys contain it (see `search`). Expired pairs are skipped.
-- Returns {tuples, revision, the key to go on with or nil}: the next page is at or after that key, with `reverse` before it.
local function list(name, first, stop, limit, max_bytes, reverse, keys_only, text, max_searched)
    if text ~= nil then
        return search(name, first, stop, limit, max_bytes, reverse, keys_only, text, max_searched)
    end
    while true do
        local namespace = namespaces.find(name)
        if namespace == nil then
            return refusals.NO_NAMESPACE
        end
        local id, revision = namespace[ID], namespace[REVISION]
        local found, next_key = collect(id, changes.now(), first, stop, limit, max_bytes, reverse, keys_only)
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
