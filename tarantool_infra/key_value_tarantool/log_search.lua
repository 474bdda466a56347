-- Finds changes of one pair in the log of changes, whose tuples are walked through packed: Lua makes nothing of the others.

local change_log = require('key_value_tarantool.change_log')
local packed = require('key_value_tarantool.packed')

local NAMESPACE, LAST, FIRST, CHANGES = change_log.NAMESPACE, change_log.LAST, change_log.FIRST, change_log.CHANGES
-- A search ends with the tuple that makes it as many changes as this: they take some milliseconds.
local MAX_SEEN = 10000

-- Calls `visit` for each change of a packed tuple, with its revision, the number of its fields and the places of these.
local function each_change(tuple, visit)
    local first = packed.number(tuple, FIRST)
    local count, place = packed.read_array(packed.locate(tuple, CHANGES))
    for revision = first, first + count - 1 do
        local fields, kind = packed.read_array(place)
        local key = packed.skip(kind)
        local value = packed.skip(key)
        visit(revision, fields, kind, key, value)
        place = value
        for _ = 3, fields do
            place = packed.skip(place)
        end
    end
end

local function count_changes(tuple, key, before)
    local count = 0
    each_change(tuple, function(revision, _, _, key_of_change)
        if revision < before and packed.is_text(key_of_change, key) then
            count = count + 1
        end
    end)
    return count
end

local function pack_revision(id, revision)
    return packed.put_number(packed.put_number(packed.begin(2, 0), id), revision)
end

-- The packed tuple of the log that has a revision, or nil.
local function locate(id, revision)
    local tuple = nil
    packed.each(box.space.changes.id, 0, pack_revision(id, revision), function(found)
        if packed.number(found, NAMESPACE) == id and packed.number(found, FIRST) <= revision then
            tuple = found
        end
        return false
    end)
    return tuple
end

-- Finds changes of a pair before a revision, from the newest one on. Returns the tuples that have some, how many they have, and
-- the revision to go on before or nil: a search ends with the tuple that makes it `limit` changes or `max_bytes`, or when it has
-- looked at many.
local function find(id, key, before, limit, max_bytes)
    local space = box.space.changes
    local newest = locate(id, before - 1)
    local start = newest ~= nil and packed.number(newest, LAST) + 1 or before
    local revisions, count, seen, bytes, next_before = {}, 0, 0, 0, nil
    packed.each(space.id, 0, pack_revision(id, start), function(tuple)
        if packed.number(tuple, NAMESPACE) ~= id then
            return false
        end
        local last = packed.number(tuple, LAST)
        if count >= limit or bytes >= max_bytes or seen >= MAX_SEEN then
            next_before = last + 1
            return false
        end
        local more = count_changes(tuple, key, before)
        if more > 0 then
            revisions[#revisions + 1] = last
            count, bytes = count + more, bytes + packed.bytes(tuple)
        end
        seen = seen + last - packed.number(tuple, FIRST) + 1
        return true
    end, packed.LESS)
    local found = {}
    for position, last in ipairs(revisions) do
        found[position] = space:get({id, last})
    end
    return found, count, next_before
end

-- The value that a pair was given by the change with this revision; nil where the log has no such change, or it is no write.
local function find_value(id, key, revision)
    local tuple, found = locate(id, revision), nil
    if tuple ~= nil then
        each_change(tuple, function(revision_of_change, _, kind, key_of_change, value)
            local is_wanted = revision_of_change == revision and packed.is_text(key_of_change, key)
            if is_wanted and packed.is_text(kind, change_log.WRITTEN) then
                found = packed.read_value(value)
            end
        end)
    end
    return found
end

return {find = find, find_value = find_value}
