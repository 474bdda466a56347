-- Deletes the pairs, changes, history, kept answers, tickets and gaps of deleted namespaces, in small slices.

-- In this order: the log is often the larger part, and frees memory for the deletions that follow.
local SPACES = {'changes', 'pairs', 'history', 'removals', 'history_trims', 'idempotency', 'watch_tickets', 'lost_revisions'}

-- Deletes up to `limit` tuples of a space whose primary key consists of its first fields, a namespace's id before others; returns
-- how many.
local function delete_of(id, space, limit)
    local found = space:select({id}, {limit = limit})
    for _, tuple in ipairs(found) do
        space:delete({tuple:unpack(1, #space.index[0].parts)})
    end
    return #found
end

-- Deletes up to `limit` tuples of one deleted namespace, in a transaction; returns `limit`, or 0 where there is none.
local function sweep(limit)
    local forgotten = box.space.forgotten_namespaces.index.id:min()
    if forgotten == nil then
        return 0
    end
    return box.atomic(function()
        local count = 0
        for _, name in ipairs(SPACES) do
            count = count + (count < limit and delete_of(forgotten.id, box.space[name], limit - count) or 0)
        end
        if count < limit then
            box.space.forgotten_namespaces:delete(forgotten.id)
        end
        -- There may be another namespace: as if the slice were full.
        return limit
    end)
end

return {sweep = sweep}
