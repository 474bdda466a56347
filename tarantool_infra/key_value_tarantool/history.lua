-- The history of pairs: in namespaces with `history_kept`, so many earlier values of each pair, however old. A tuple is
-- {namespace id, key, revision, value, number[, expiry]}, with what the pair had; the numbers of a pair's tuples are consecutive.
--
-- What a removed pair had is kept as long as the log of changes has its removal, which is in the space `removals` until then;
-- history_trim.lua deletes it.

local PAIR = require('key_value_tarantool.pair')
local packed = require('key_value_tarantool.packed')

-- Fields of a tuple.
local KEY, REVISION, VALUE, NUMBER, EXPIRES_AT = 2, 3, 4, 5, 6
-- Tuples that a change deletes beyond those that it adds; the sweeper trims the rest, as after a change of the settings.
local TRIMMED_TOGETHER = 2

local function pack_revision(id, key, revision)
    return packed.put_number(packed.put_text(packed.put_number(packed.begin(3, #key), id), key), revision)
end

-- Deletes the oldest tuples of a pair: up to `limit` of those that `is_old` says are. Returns their bytes and how many.
-- Inside a transaction, as all that follows.
local function delete_oldest(id, key, is_old, limit)
    local space = box.space.history.id
    local freed, count = 0, 0
    while count < limit do
        local oldest = packed.min(space, packed.make_key(id, key))
        if oldest == nil or not is_old(oldest) then
            break
        end
        freed = freed + packed.bytes(oldest)
        packed.delete(space, pack_revision(id, key, packed.number(oldest, REVISION)))
        count = count + 1
    end
    return freed, count
end

-- The number of a pair's newest tuple, 0 where there is none.
local function last_number(id, key)
    local newest = packed.max(box.space.history.id, packed.make_key(id, key))
    return newest ~= nil and packed.number(newest, NUMBER) or 0
end

-- Deletes up to `limit` of a pair's oldest tuples beyond `kept`. Returns as `delete_oldest` does.
local function trim(id, key, kept, limit)
    local last = last_number(id, key)
    return delete_oldest(id, key, function(tuple)
        return last - packed.number(tuple, NUMBER) >= kept
    end, limit)
end

-- Deletes up to `limit` of a pair's tuples up to a revision. Returns as `delete_oldest` does.
local function drop(id, key, revision, limit)
    return delete_oldest(id, key, function(tuple)
        return packed.number(tuple, REVISION) <= revision
    end, limit)
end

-- Keeps what a pair has (its packed tuple), which is about to be replaced or removed, and the latest `kept` in all. Returns the
-- bytes by which the history has grown.
local function add(id, key, pair, kept)
    local number = last_number(id, key) + 1
    local value, length = packed.locate_field(pair, PAIR.VALUE)
    local expires_at = packed.number(pair, PAIR.EXPIRES_AT)
    local place = packed.begin(expires_at == nil and 5 or 6, #key + length)
    place = packed.put_number(place, id)
    place = packed.put_text(place, key)
    place = packed.put_number(place, packed.number(pair, PAIR.REVISION))
    place = packed.put_packed(place, value, length)
    place = packed.put_number(place, number)
    if expires_at ~= nil then
        place = packed.put_number(place, expires_at)
    end
    local added = packed.replace(box.space.history.id, place)
    return added - trim(id, key, kept, TRIMMED_TOGETHER)
end

-- Marks what a pair had up to a revision, with which it is removed, to be deleted when the log no longer has that.
local function mark_removed(id, key, revision)
    box.space.removals:replace({id, revision, key})
end

return {
    KEY = KEY,
    REVISION = REVISION,
    VALUE = VALUE,
    EXPIRES_AT = EXPIRES_AT,
    add = add,
    trim = trim,
    drop = drop,
    mark_removed = mark_removed,
}
