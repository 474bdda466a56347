-- Deletes pairs that have expired. Readers do not see them any more by then; sweeping makes an expiry a change like any other.

local changes = require('key_value_tarantool.changes')
local namespaces = require('key_value_tarantool.namespaces')

local function expire(change, expirations)
    for _, expiration in ipairs(expirations) do
        change:find(expiration[3]) -- which deletes what has expired
    end
    return true
end

-- Those of a deleted namespace are no changes of anything; its pairs are for others to delete (forgetting.lua).
local function forget(expirations)
    box.atomic(function()
        for _, expiration in ipairs(expirations) do
            box.space.expirations:delete(expiration)
        end
    end)
end

-- Deletes up to `most` of those that expired first, in a transaction a namespace; returns how many it has looked at.
local function sweep(most)
    local moment = changes.now()
    local expirations, count = {}, 0
    for _, expiration in box.space.expirations:pairs() do
        if expiration[1] > moment or count == most then
            break
        end
        local id = expiration[2]
        expirations[id] = expirations[id] or {}
        table.insert(expirations[id], expiration)
        count = count + 1
    end
    for id, expired in pairs(expirations) do
        local namespace, is_on_disk = namespaces.look(id)
        if namespace ~= nil then
            changes.apply(namespace.name, expire, expired)
        elseif is_on_disk then
            forget(expired)
        end
    end
    return count
end

return {sweep = sweep}
