-- Finds a tuple for the service: `lookup.find`. A SELECT of the binary protocol would be answered by an instance that is not the
-- leader, too, with what it has.

local readable = {}

-- Returns {the tuple with this key in a unique index}, or nil where there is none. Only in spaces that were allowed.
local function find(space, index, key)
    if not readable[space] then
        error(('the space %s may not be read'):format(tostring(space)), 0)
    end
    local tuple = box.space[space].index[index]:get(key)
    return tuple ~= nil and {tuple} or nil
end

-- Lets the service find tuples in these spaces.
local function allow(spaces)
    for _, space in ipairs(spaces) do
        readable[space] = true
    end
end

return {find = find, allow = allow}
