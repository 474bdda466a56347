-- The log of changes, in tuples {namespace id, revision of the last change, of the first, changes}. A change is {kind, key[,
-- value[, expiry]]}; those of a tuple have consecutive revisions.

local ffi = require('ffi')
local packed = require('key_value_tarantool.packed')
local settings = require('common.settings')

-- Fields of a tuple.
local NAMESPACE, LAST, FIRST = 1, 2, 3
-- A tuple holds so many bytes, and one change more: it must fit in a tuple however much is written at once.
local LOGGED_TOGETHER = 512 * 1024
local MAX_BYTES = math.min(64 * 1024 * 1024, settings.memtx_memory / 4)

-- Behind so many bytes come the changes; what stands before them in a tuple is put there last, and has at most half as many.
local HEAD = 10 * packed.MAX_OVERHEAD
local memory = packed.new_memory(64 * 1024)
local used, count = HEAD, 0 -- of what is not in a tuple yet

-- Begins with a transaction's changes.
local function begin()
    used, count = HEAD, 0
end

-- Writes a tuple of what was added and is in none. Returns its bytes.
local function write(id, last)
    if count == 0 then
        return 0
    end
    local start = memory.bytes + 0
    local stop = packed.put_array(start, 4)
    stop = packed.put_number(stop, id)
    stop = packed.put_number(stop, last)
    stop = packed.put_number(stop, last - count + 1)
    stop = packed.put_array(stop, count)
    local bytes = stop - start
    ffi.copy(start + HEAD - bytes, start, bytes)
    bytes = packed.insert(box.space.changes.id, start + HEAD - bytes, start + used)
    begin()
    return bytes
end

-- Adds the change with this revision. Returns the bytes of the tuple that it has completed, if it has.
local function add(id, revision, kind, key, value, expires_at)
    local fields, bytes_of_texts = 2, #kind + #key
    if value ~= nil then
        fields, bytes_of_texts = expires_at == nil and 3 or 4, bytes_of_texts + #value
    end
    packed.reserve(memory, used, bytes_of_texts + (fields + 1) * packed.MAX_OVERHEAD)
    local place = packed.put_array(memory.bytes + used, fields)
    place = packed.put_text(place, kind)
    place = packed.put_text(place, key)
    if value ~= nil then
        place = packed.put_text(place, value)
        if expires_at ~= nil then
            place = packed.put_number(place, expires_at)
        end
    end
    used, count = place - memory.bytes, count + 1
    return used < LOGGED_TOGETHER and 0 or write(id, revision)
end

local function find_first(id)
    return packed.min(box.space.changes.id, packed.put_number(packed.begin(1, 0), id))
end

-- No loop: mostly there is one tuple to forget, or none, and LuaJIT does not compile loops that are left at once.
local trim_on
trim_on = function(id, kept_behind, log_bytes, kept_bytes, most, freed, trimmed)
    local first = find_first(id)
    local last = first ~= nil and packed.number(first, LAST) or nil
    if trimmed == most or last == nil or (last > kept_behind and log_bytes - freed <= kept_bytes) then
        return freed, trimmed
    end
    freed = freed + packed.bytes(first)
    packed.delete(box.space.changes.id, packed.put_number(packed.put_number(packed.begin(2, 0), id), last))
    return trim_on(id, kept_behind, log_bytes, kept_bytes, most, freed, trimmed + 1)
end

-- Forgets changes that are too many or take more than `kept_bytes`: at most `most` tuples. Returns how many bytes the log has
-- become shorter, and how many tuples. Inside a transaction.
local function trim(id, revision, changes_kept, log_bytes, kept_bytes, most)
    return trim_on(id, revision - changes_kept, log_bytes, kept_bytes, most, 0, 0)
end

-- The oldest revision that is kept of a namespace whose last one is `revision`; the next one to come if none is.
local function find_oldest(id, revision)
    local first = find_first(id)
    return first ~= nil and packed.number(first, FIRST) or revision + 1
end

return {
    NAMESPACE = NAMESPACE,
    LAST = LAST,
    MAX_BYTES = MAX_BYTES,
    begin = begin,
    add = add,
    write = write,
    trim = trim,
    find_oldest = find_oldest,
}
