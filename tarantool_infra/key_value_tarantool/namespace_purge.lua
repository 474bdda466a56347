-- Deletes what deleted namespaces have left, in small slices.

-- Up to `most` tuples of a space whose first field is `id`.
local function take(space, id, most)
    return space:select({id}, {iterator = 'EQ', limit = most})
end

local function delete_pairs(pairs_left)
    for _, pair in ipairs(pairs_left) do
        box.space.pairs:delete({pair.namespace, pair.key})
    end
    return #pairs_left
end

local function delete_changes(logged)
    for _, change in ipairs(logged) do
        box.space.changes:delete({change.namespace, change.revision})
    end
    return #logged
end

-- Deletes up to `most` pairs or tuples of the log of one deleted namespace, in a transaction; returns how many.
local function sweep(most)
    local forgotten = box.space.forgotten_namespaces.index.id:min()
    if forgotten == nil then
        return 0
    end
    return box.atomic(function()
        -- The log first: what it holds is often the most, and it makes room for what is kept of all these deletions.
        local count = delete_changes(take(box.space.changes, forgotten.id, most))
        if count < most then
            count = count + delete_pairs(take(box.space.pairs, forgotten.id, most - count))
        end
        if count < most then
            box.space.forgotten_namespaces:delete(forgotten.id)
        end
        -- There may be another one.
        return most
    end)
end

return {sweep = sweep}
