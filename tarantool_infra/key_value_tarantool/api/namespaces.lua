-- Stored functions of key_value_service for namespaces, called as `namespaces.NAME`; see common/refusals.lua.

local PAIR = require('key_value_tarantool.pair')
local change_log = require('key_value_tarantool.change_log')
local changes = require('key_value_tarantool.changes')
local durability = require('key_value_tarantool.durability')
local namespaces = require('key_value_tarantool.namespaces')
local refusals = require('key_value_tarantool.refusals')

local FIELDS = namespaces.FIELDS
local NO_NAMESPACE, NOT_EMPTY = refusals.NO_NAMESPACE, refusals.NOT_EMPTY
-- A namespace whose pairs have all expired is empty. Up to that many are checked; the sweeper deletes the others.
local MAX_CHECKED = 1000

local function put_one(namespace, name, settings, limit)
    if namespace ~= nil then
        return {false, namespaces.set(namespace, settings)}
    end
    if box.space.namespaces:len() >= limit then
        return refusals.TOO_MANY_NAMESPACES
    end
    return {true, namespaces.create(name, settings)}
end

-- Creates a namespace, or replaces its settings; see `namespaces.create`. Returns {whether it is new, its tuple}. Refuses
-- TOO_MANY_NAMESPACES to create one where there are `limit`.
local function put(name, settings, limit)
    return namespaces.change(name, put_one, name, settings, limit)
end

-- Returns the namespace's tuple. Refuses NO_NAMESPACE.
local function find(name)
    return namespaces.find(name) or NO_NAMESPACE
end

-- Returns an array of tuples; see `namespaces.list`.
local function list(patterns, after, limit)
    return namespaces.list(patterns, after, limit)
end

local function is_empty(namespace)
    if namespace[FIELDS.PAIRS] == 0 then
        return true
    end
    local now, seen = changes.now(), 0
    for _, pair in box.space.pairs:pairs({namespace.id}) do
        seen = seen + 1
        if seen > MAX_CHECKED or not PAIR.is_expired(pair, now) then
            return false
        end
    end
    return true
end

local function delete_one(namespace, is_forced)
    if namespace == nil then
        return NO_NAMESPACE
    end
    if not is_forced and not is_empty(namespace) then
        return {NOT_EMPTY, namespace}
    end
    namespaces.delete(namespace)
    return {namespace.id}
end

-- Deletes a namespace; its pairs are gone at once for all readers. Returns {its id}. Refuses NO_NAMESPACE, and NOT_EMPTY where it
-- has pairs, unless forced.
local function delete(name, is_forced)
    while true do
        local answer = namespaces.change(name, delete_one, is_forced)
        local refusal, namespace = unpack(answer)
        if refusal ~= NOT_EMPTY then
            if answer ~= NO_NAMESPACE then
                durability.drop(answer[1])
            end
            return answer
        end
        -- Its pairs may not be on disk yet.
        if durability.wait(namespace.id, namespace.revision) then
            return NOT_EMPTY
        end
    end
end

-- Returns {pairs, their bytes, revision, the oldest kept revision or the next one where none is kept}.
local function describe(name)
    while true do
        local namespace = namespaces.find(name)
        if namespace == nil then
            return NO_NAMESPACE
        end
        local id, revision = namespace.id, namespace.revision
        local answer = {namespace.pairs, namespace.bytes, revision, change_log.oldest_revision(id, revision)}
        if durability.wait(id, revision) then
            return answer
        end
    end
end

return {put = put, find = find, list = list, delete = delete, describe = describe}
