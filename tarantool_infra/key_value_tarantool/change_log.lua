-- The log of changes, in tuples {namespace id, revision of the last change, of the first, changes}. A change is {kind, key[,
-- value[, expiry]]}, with the value and the expiry that were written or removed; those of a tuple have consecutive revisions.
-- Between tuples, revisions that were lost are left out (lost_revisions.lua).

local PAIR = require('key_value_tarantool.pair')
local ffi = require('ffi')
local lost_revisions = require('key_value_tarantool.lost_revisions')
local packed = require('key_value_tarantool.packed')
local settings = require('common.settings')

-- Fields of a tuple.
local NAMESPACE, LAST, FIRST, CHANGES = 1, 2, 3, 4
-- Kinds of changes.
local WRITTEN, DELETED, EXPIRED = 'written', 'deleted', 'expired'
-- A tuple holds up to this and one change more: the changes of a large transaction take several tuples, which have a limit.
local MAX_TUPLE_BYTES = 512 * 1024
local MAX_BYTES = math.min(64 * 1024 * 1024, settings.memtx_memory / 4)

-- Changes are packed from here on; the fields before them are put in front last, and take at most half of it.
local HEAD_BYTES = 10 * packed.MAX_OVERHEAD
local memory = packed.new_memory(64 * 1024)
local used, count = HEAD_BYTES, 0 -- of what is not in a tuple yet

-- Begins a transaction's changes.
local function begin()
    used, count = HEAD_BYTES, 0
end

-- Writes a tuple of the changes that were added and are in none yet. Returns its bytes.
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
    ffi.copy(start + HEAD_BYTES - bytes, start, bytes)
    bytes = packed.insert(box.space.changes.id, start + HEAD_BYTES - bytes, start + used)
    begin()
    return bytes
end

-- Begins a change with so many fields, of which the others have some `more_bytes`; they follow at the place that it returns.
local function begin_change(fields, kind, key, more_bytes)
    packed.reserve(memory, used, #kind + #key + more_bytes + (fields + 1) * packed.MAX_OVERHEAD)
    local place = packed.put_array(memory.bytes + used, fields)
    place = packed.put_text(place, kind)
    return packed.put_text(place, key)
end

-- Ends the change with this revision. Returns the bytes of the tuple that it has completed, or 0.
local function end_change(id, revision, place)
    used, count = place - memory.bytes, count + 1
    return used < MAX_TUPLE_BYTES and 0 or write(id, revision)
end

-- Adds the change that writes a pair. Returns as `end_change` does.
local function add_written(id, revision, key, value, expires_at)
    local place = begin_change(expires_at == nil and 3 or 4, WRITTEN, key, packed.value_bytes(value))
    place = packed.put_value(place, value)
    if expires_at ~= nil then
        place = packed.put_number(place, expires_at)
    end
    return end_change(id, revision, place)
end

-- Adds the change that removes a pair: with its value and its expiry, if its packed tuple is given. Returns as `end_change` does.
local function add_removed(id, revision, kind, key, pair)
    if pair == nil then
        return end_change(id, revision, begin_change(2, kind, key, 0))
    end
    local value, bytes = packed.locate_field(pair, PAIR.VALUE)
    local expires_at = packed.number(pair, PAIR.EXPIRES_AT)
    local place = begin_change(expires_at == nil and 3 or 4, kind, key, bytes)
    place = packed.put_packed(place, value, bytes)
    if expires_at ~= nil then
        place = packed.put_number(place, expires_at)
    end
    return end_change(id, revision, place)
end

local function first_tuple(id)
    return packed.min(box.space.changes.id, packed.put_number(packed.begin(1, 0), id))
end

-- No loop: mostly there is one tuple to delete, or none, and LuaJIT gives up compiling loops that end at once.
local trim_next
trim_next = function(id, kept_after, log_bytes, kept_bytes, limit, freed, trimmed)
    local first = first_tuple(id)
    local last = first ~= nil and packed.number(first, LAST) or nil
    if trimmed == limit or last == nil or (last > kept_after and log_bytes - freed <= kept_bytes) then
        return freed, trimmed
    end
    freed = freed + packed.bytes(first)
    packed.delete(box.space.changes.id, packed.put_number(packed.put_number(packed.begin(2, 0), id), last))
    return trim_next(id, kept_after, log_bytes, kept_bytes, limit, freed, trimmed + 1)
end

-- Deletes the oldest changes beyond `changes_kept`, or beyond `kept_bytes` in all: at most `limit` tuples. Returns the bytes and
-- the tuples that were deleted. Inside a transaction.
local function trim(id, revision, changes_kept, log_bytes, kept_bytes, limit)
    return trim_next(id, lost_revisions.count_back(id, revision, changes_kept), log_bytes, kept_bytes, limit, 0, 0)
end

-- The oldest revision that is kept of a namespace whose last one is `revision`; the next one where none is kept.
local function oldest_revision(id, revision)
    local first = first_tuple(id)
    return first ~= nil and packed.number(first, FIRST) or tonumber(revision) + 1
end

return {
    NAMESPACE = NAMESPACE,
    LAST = LAST,
    FIRST = FIRST,
    CHANGES = CHANGES,
    WRITTEN = WRITTEN,
    DELETED = DELETED,
    EXPIRED = EXPIRED,
    MAX_BYTES = MAX_BYTES,
    begin = begin,
    add_written = add_written,
    add_removed = add_removed,
    write = write,
    trim = trim,
    oldest_revision = oldest_revision,
}
