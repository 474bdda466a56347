-- Stored functions of key_value_service for the history of pairs, called as `history.NAME`; see common/refusals.lua.

local PAIR = require('key_value_tarantool.pair')
local change_log = require('key_value_tarantool.change_log')
local durability = require('key_value_tarantool.durability')
local history = require('key_value_tarantool.history')
local idempotency = require('key_value_tarantool.idempotency')
local log_search = require('key_value_tarantool.log_search')
local namespaces = require('key_value_tarantool.namespaces')
local packed = require('key_value_tarantool.packed')
local refusals = require('key_value_tarantool.refusals')

local NO_NAMESPACE, NO_REVISION = refusals.NO_NAMESPACE, refusals.NO_REVISION
local ID, REVISION = namespaces.FIELDS.ID, namespaces.FIELDS.REVISION

-- Returns the tuples of the space `history` of a pair, and the revision to go on before or nil.
local function find_kept(id, key, before, limit, max_bytes)
    local found, bytes = {}, 0
    for _, tuple in box.space.history:pairs({id, key, before}, {iterator = 'LT'}) do
        if tuple[1] ~= id or tuple[history.KEY] ~= key then
            break
        end
        if #found == limit or bytes >= max_bytes then
            return found, tuple[history.REVISION] + 1
        end
        found[#found + 1] = tuple
        bytes = bytes + packed.answered_bytes(tuple, history.VALUE)
    end
    return found, nil
end

local function collect(id, revision, key, before, limit, max_bytes)
    local pair = box.space.pairs.index.lookup:get({id, key})
    local last = pair ~= nil and tonumber(pair[PAIR.REVISION]) or revision -- the newest change that the pair may have
    local oldest = change_log.oldest_revision(id, revision)
    before = math.min(before, last + 1)
    local logged, count, next_before = {}, 0, nil
    if before > oldest then
        logged, count, next_before = log_search.find(id, key, before, limit, max_bytes)
        before = oldest
    end
    if next_before ~= nil or count >= limit then
        return {logged, box.NULL, {}, revision, next_before or before}
    end
    local current = box.NULL
    if pair ~= nil and last < before then
        current, before, count = pair, last, count + 1
    end
    local kept
    kept, next_before = find_kept(id, key, before, limit - count, max_bytes)
    return {logged, current, kept, revision, next_before}
end

-- Changes of a pair before a revision (null: all), from the newest one on, as far as they are kept: those in the log, and beyond
-- it the last change of the pair, if it exists, and its history.
-- Returns {tuples of the log, which have other pairs' changes, too; the pair's tuple or null; tuples of the history; the
-- namespace's revision; the revision to go on before or nil}.
local function list(name, key, before, limit, max_bytes)
    while true do
        local namespace = namespaces.find(name)
        if namespace == nil then
            return NO_NAMESPACE
        end
        local id, revision = namespace[ID], tonumber(namespace[REVISION])
        local answer = collect(id, revision, key, before == nil and revision + 1 or tonumber(before), limit, max_bytes)
        if durability.wait(id, revision) then
            return answer
        end
    end
end

-- The value that a pair got with a revision, as far as it is kept; nil: it is not.
local function find_value(change, key, revision)
    local value = log_search.find_value(change.id, key, revision)
    if value ~= nil then
        return value
    end
    local kept = box.space.history:get({change.id, key, revision})
    if kept ~= nil then
        return packed.value(kept, history.VALUE)
    end
    local pair = change:find(key)
    return pair ~= nil and pair[PAIR.REVISION] == revision and packed.value(pair, PAIR.VALUE) or nil
end

local function restore_one(change, key, revision, ttl)
    local value = find_value(change, key, revision)
    if value == nil then
        return nil, NO_REVISION
    end
    local is_new = change:put(key, value, change:expiry(ttl))
    return {change.revision, is_new}
end

-- Gives a pair the value that it got with a revision; `ttl` as in Changes:expiry, `expected` as in changes.apply, `request` as in
-- idempotency.apply. Returns {revision, whether the pair is new}. Refuses NO_REVISION where that is not kept, is another pair's,
-- or was no write.
local function restore(name, key, revision, ttl, expected, request)
    return idempotency.apply(request, name, expected, restore_one, key, tonumber(revision), ttl)
end

return {list = list, restore = restore}
