-- Deletes changes beyond what a namespace keeps. A commit trims what it adds and little more; this sweep trims the rest, as after
-- a change of the settings.

local change_log = require('key_value_tarantool.change_log')

local last_id = 0 -- of the namespaces checked by the previous sweep

local function trim(namespace, limit)
    local freed, count = change_log.trim(
        namespace.id, tonumber(namespace.revision), namespace.changes_kept, namespace.log_bytes, change_log.MAX_BYTES, limit)
    if freed > 0 then
        box.space.namespaces:update(namespace.id, {{'-', 'log_bytes', freed}})
    end
    return count
end

-- Checks up to `limit` namespaces and deletes up to `limit` tuples of their logs, in a transaction a namespace; returns how many.
local function sweep(limit)
    local count = 0
    local found = box.space.namespaces:select(last_id, {iterator = 'GT', limit = limit})
    last_id = #found == limit and found[limit].id or 0
    for _, seen in ipairs(found) do
        box.atomic(function()
            local namespace = box.space.namespaces:get(seen.id)
            if namespace ~= nil then
                count = count + trim(namespace, limit - count)
            end
        end)
        if count == limit then
            last_id = seen.id - 1
            break
        end
    end
    return count
end

return {sweep = sweep}
