-- Deletes the pairs, changes, kept answers and tickets of deleted namespaces, in small slices.

-- Deletes up to `limit` tuples of a space whose primary key is a namespace's id and a second field; returns how many.
local function delete_of(id, space, limit)
    local found = space:select({id}, {limit = limit})
    for _, tuple in ipairs(found) do
        space:delete({tuple[1], tuple[2]})
    end
    return #found
end

-- Deletes up to `limit` tuples of one deleted namespace, in a transaction; returns how many.
local function sweep(limit)
    local forgotten = box.space.forgotten_namespaces.index.id:min()
    if forgotten == nil then
        return 0
    end
    return box.atomic(function()
        -- The log first: it is often the larger part, and frees memory for the deletions that follow.
        local count = delete_of(forgotten.id, box.space.changes, limit)
        for _, space in ipairs({box.space.pairs, box.space.idempotency, box.space.watch_tickets}) do
            if count < limit then
                count = count + delete_of(forgotten.id, space, limit - count)
            end
        end
        if count < limit then
            box.space.forgotten_namespaces:delete(forgotten.id)
        end
        -- There may be another namespace: as if the slice were full.
        return limit
    end)
end

return {sweep = sweep}
