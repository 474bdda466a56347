-- Forgets changes beyond what a namespace keeps. A commit trims what it adds and little more; here is seen to the rest, as after
-- a change of the settings.

local change_log = require('key_value_tarantool.change_log')

local last_id = 0 -- of the namespaces, some are looked at each time

local function trim(namespace, most)
    local freed, count = change_log.trim(
        namespace.id, namespace.revision, namespace.changes_kept, namespace.log_bytes, change_log.MAX_BYTES, most)
    if freed > 0 then
        box.space.namespaces:update(namespace.id, {{'-', 'log_bytes', freed}})
    end
    return count
end

-- Looks at up to `most` namespaces and deletes up to `most` tuples of their logs, in a transaction each; returns how many.
local function sweep(most)
    local count = 0
    local found = box.space.namespaces:select(last_id, {iterator = 'GT', limit = most})
    last_id = #found == most and found[most].id or 0
    for _, seen in ipairs(found) do
        box.atomic(function()
            local namespace = box.space.namespaces:get(seen.id)
            if namespace ~= nil then
                count = count + trim(namespace, most - count)
            end
        end)
        if count == most then
            last_id = seen.id - 1
            break
        end
    end
    return count
end

return {sweep = sweep}
