-- What key_value_service may ask for. Functions are called over the network as `key_value.NAME`.

-- The tuples of those keys that exist, in the order asked, or nil where they add up to more than `most_bytes`.
-- One moment for all of them: memtx does not yield while it reads.
-- Tuples, not fields: a tuple goes back as it is stored, without its value becoming a Lua string.
local function read(keys, most_bytes)
    local found = {}
    local bytes = 0
    for _, key in ipairs(keys) do
        local tuple = box.space.pairs:get(key)
        if tuple ~= nil then
            bytes = bytes + tuple:bsize()
            if bytes > most_bytes then
                return nil
            end
            found[#found + 1] = tuple
        end
    end
    return found
end

-- Inserts or replaces every {key, value}: all of them in one transaction, or none.
local function write(tuples)
    box.atomic(function()
        for _, tuple in ipairs(tuples) do
            box.space.pairs:replace(tuple)
        end
    end)
    return #tuples
end

return {read = read, write = write}
