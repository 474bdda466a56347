-- Deletes what deleted namespaces have left, in small slices.

-- Deletes up to `most` tuples of a space whose primary key is a namespace's id and a second field; returns how many.
local function delete_of(id, space, most)
    local found = space:select({id}, {limit = most})
    for _, tuple in ipairs(found) do
        space:delete({tuple[1], tuple[2]})
    end
    return #found
end

-- Deletes up to `most` pairs or tuples of the log of one deleted namespace, in a transaction; returns how many.
local function sweep(most)
    local forgotten = box.space.forgotten_namespaces.index.id:min()
    if forgotten == nil then
        return 0
    end
    return box.atomic(function()
        -- The log first: what it holds is often the most, and it makes room for what is kept of all these deletions.
        local count = delete_of(forgotten.id, box.space.changes, most)
        if count < most then
            count = count + delete_of(forgotten.id, box.space.pairs, most - count)
        end
        if count < most then
            box.space.forgotten_namespaces:delete(forgotten.id)
        end
        -- There may be another one.
        return most
    end)
end

return {sweep = sweep}
