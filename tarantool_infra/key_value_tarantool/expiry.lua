-- Deletes pairs that have expired. Readers do not see them any more by then; sweeping makes an expiry a change like any other.

local changes = require('key_value_tarantool.changes')

local function expire(change, keys)
    for _, key in ipairs(keys) do
        change:find(key) -- which deletes what has expired
    end
    return true
end

-- Deletes up to `most` of those that expired first, in a transaction a namespace; returns how many it has looked at.
local function sweep(most)
    local moment = changes.now()
    local keys, count = {}, 0
    for _, expiration in box.space.expirations:pairs() do
        if expiration[1] > moment or count == most then
            break
        end
        local id = expiration[2]
        keys[id] = keys[id] or {}
        table.insert(keys[id], expiration[3])
        count = count + 1
    end
    for id, expired in pairs(keys) do
        local namespace = box.space.namespaces:get(id)
        if namespace ~= nil then
            changes.apply(namespace.name, expire, expired)
        end
    end
    return count
end

return {sweep = sweep}
