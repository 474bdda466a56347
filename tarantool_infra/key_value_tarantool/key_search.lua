-- Looks for a text in the keys of a namespace, one after the other. What takes the time is to fetch tuples from memory: a batch
-- of them is touched first, so that each is in a cache when its key is compared. Lua makes nothing of keys without the text: with
-- a tuple and a string for each, a search takes ten times as long.

local ffi = require('ffi')

local PAIR = require('key_value_tarantool.pair')
local packed = require('key_value_tarantool.packed')

local C = ffi.C
local KEY = PAIR.KEY
local BATCH = 64

local bytes_of = ffi.typeof('const uint8_t *')
local found = ffi.new('struct tuple *[1]')
local batch = ffi.new('struct tuple *[?]', BATCH)
local fetched = 0 -- what is read but to fetch it

-- The key to begin at, and the order.
local function begin(id, first, stop, reverse)
    if not reverse then
        return packed.make_key(id, first), packed.GREATER_OR_EQUAL
    elseif stop == nil then
        return packed.put_number(packed.begin(1, 0), id), packed.EQUAL_REVERSED
    end
    return packed.make_key(id, stop), packed.LESS
end

-- The first tuple behind the range, in the given order; nil where there is none.
local function find_end(space, index, id, first, stop, reverse)
    local key, order
    if reverse then
        key, order = packed.make_key(id, first), packed.LESS
    elseif stop == nil then
        key, order = packed.put_number(packed.begin(1, 0), id), packed.GREATER
    else
        key, order = packed.make_key(id, stop), packed.GREATER_OR_EQUAL
    end
    local behind = nil
    packed.each(space, index, key, function(tuple)
        behind = tuple
        return false
    end, order)
    return behind
end

-- Fills the batch. Returns how many tuples it has; less than BATCH where the range ends.
local function fetch(iterator, behind)
    local count = 0
    while count < BATCH do
        if C.box_iterator_next(iterator, found) ~= 0 then
            C.box_iterator_free(iterator)
            box.error() -- raises the error of the last call
        end
        local tuple = found[0]
        if tuple == nil or tuple == behind then
            break
        end
        batch[count] = tuple
        fetched = fetched + ffi.cast(bytes_of, C.box_tuple_field(tuple, KEY - 1))[0]
        count = count + 1
    end
    return count
end

-- Looks at the pairs with `first` <= key < `stop` (nil: to the end), in order or in reverse. It ends with `limit` keys found, or
-- with pairs of `max_bytes` in an answer (nil: of whatever size), or having looked at `max_searched` keys, or at
-- `max_searched_bytes` of them.
-- Returns the keys with the text of pairs that have not expired by `now`, how many were looked at, the bytes of the pairs found,
-- and the key that the rest begins at (in reverse: before which it is) or nil. Nothing here yields.
local function find(id, now, first, stop, reverse, text, limit, max_bytes, max_searched, max_searched_bytes)
    local keys, bytes, searched, searched_bytes = {}, 0, 0, 0
    if stop ~= nil and first >= stop then
        return keys, 0, 0, nil
    end
    local space, index = box.space.pairs.id, box.space.pairs.index.key.id
    local behind = find_end(space, index, id, first, stop, reverse)
    local start, order = begin(id, first, stop, reverse)
    local iterator = packed.iterate(space, index, start, order)
    local count, next_key
    repeat
        count = fetch(iterator, behind)
        for position = 0, count - 1 do
            local pair = batch[position]
            if #keys == limit or searched == max_searched or searched_bytes >= max_searched_bytes
                or (max_bytes ~= nil and bytes >= max_bytes) then
                next_key = packed.text(pair, KEY)
                break
            end
            local is_match, length = packed.contains(pair, KEY, text)
            searched, searched_bytes = searched + 1, searched_bytes + length
            if is_match and not PAIR.is_expired(pair, now) then
                keys[#keys + 1] = packed.text(pair, KEY)
                bytes = bytes + PAIR.answered_bytes(pair)
            end
        end
    until next_key ~= nil or count < BATCH
    C.box_iterator_free(iterator)
    -- In reverse the rest ends before the least text after this key.
    return keys, searched, bytes, next_key and reverse and next_key .. '\0' or next_key
end

return {find = find}
