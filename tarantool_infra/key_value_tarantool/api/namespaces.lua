-- What key_value_service may ask for about namespaces. Functions are called over the network as `namespaces.NAME`; see
-- common/refusals.lua.

local PAIR = require('key_value_tarantool.pair')
local change_log = require('key_value_tarantool.change_log')
local changes = require('key_value_tarantool.changes')
local durability = require('key_value_tarantool.durability')
local namespaces = require('key_value_tarantool.namespaces')
local refusals = require('key_value_tarantool.refusals')

local FIELDS = namespaces.FIELDS
local NO_NAMESPACE, NOT_EMPTY = refusals.NO_NAMESPACE, refusals.NOT_EMPTY
-- Pairs that have expired make no namespace full. So many are looked at for one that has not; the sweeper sees to the others.
local LOOKED_AT = 1000

local function put_one(namespace, name, settings, most)
    if namespace ~= nil then
        return {false, namespaces.set(namespace, settings)}
    end
    if box.space.namespaces:len() >= most then
        return refusals.TOO_MANY_NAMESPACES
    end
    return {true, namespaces.create(name, settings)}
end

-- Makes a namespace, or replaces the settings of one; see `namespaces.create`. Refuses to make one where there are `most`.
-- Returns {whether it is new, its tuple}.
local function put(name, settings, most)
    return namespaces.change(name, put_one, name, settings, most)
end

-- Returns the namespace's tuple.
local function find(name)
    return namespaces.find(name) or NO_NAMESPACE
end

-- Returns {tuples}; see `namespaces.list`.
local function list(patterns, after, most)
    return namespaces.list(patterns, after, most)
end

local function is_empty(namespace)
    if namespace[FIELDS.PAIRS] == 0 then
        return true
    end
    local moment, seen = changes.now(), 0
    for _, pair in box.space.pairs:pairs({namespace.id}) do
        seen = seen + 1
        if seen > LOOKED_AT or not PAIR.is_expired(pair, moment) then
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
    namespaces.forget(namespace)
    return {namespace.id}
end

-- Deletes a namespace, at once and for everybody. Returns {its id}; refuses 'not empty' where it has pairs, unless forced.
local function delete(name, is_forced)
    while true do
        local answer = namespaces.change(name, delete_one, is_forced)
        local refusal, namespace = unpack(answer)
        if refusal ~= NOT_EMPTY then
            if answer ~= NO_NAMESPACE then
                durability.forget(answer[1])
            end
            return answer
        end
        -- What it holds may be on its way to the disk.
        if durability.wait(namespace.id, namespace.revision) then
            return NOT_EMPTY
        end
    end
end

-- Returns {pairs, their bytes, revision, the oldest revision that is kept or the next one to come}.
local function describe(name)
    while true do
        local namespace = namespaces.find(name)
        if namespace == nil then
            return NO_NAMESPACE
        end
        local id, revision = namespace.id, namespace.revision
        local answer = {namespace.pairs, namespace.bytes, revision, change_log.find_oldest(id, revision)}
        if durability.wait(id, revision) then
            return answer
        end
    end
end

return {put = put, find = find, list = list, delete = delete, describe = describe}
