-- Tuples as packed MessagePack, and Tarantool's C API for modules, called by FFI: LuaJIT compiles both into the functions that
-- use them. The functions of box.space take several times as long, for the Lua tables and tuple objects that they need
-- (benchmarks/README.md).
--
-- To use it: `begin` a tuple or a key, `put` its fields, each at the place that the one before has returned, then call. Nothing
-- here yields. Functions that change something are for use inside a transaction, on memtx spaces without triggers.

local bit = require('bit')
local ffi = require('ffi')

ffi.cdef([[
    struct tuple;
    struct iterator;
    int box_index_get(uint32_t space_id, uint32_t index_id, const char *key, const char *key_end, struct tuple **result);
    int box_index_max(uint32_t space_id, uint32_t index_id, const char *key, const char *key_end, struct tuple **result);
    int box_index_min(uint32_t space_id, uint32_t index_id, const char *key, const char *key_end, struct tuple **result);
    struct iterator *box_index_iterator(uint32_t space_id, uint32_t index_id, int type, const char *key, const char *key_end);
    int box_iterator_next(struct iterator *iterator, struct tuple **result);
    void box_iterator_free(struct iterator *iterator);
    int box_insert(uint32_t space_id, const char *tuple, const char *tuple_end, struct tuple **result);
    int box_replace(uint32_t space_id, const char *tuple, const char *tuple_end, struct tuple **result);
    int box_delete(uint32_t space_id, uint32_t index_id, const char *key, const char *key_end, struct tuple **result);
    int box_update(uint32_t space_id, uint32_t index_id, const char *key, const char *key_end,
                   const char *operations, const char *operations_end, int index_base, struct tuple **result);
    const char *box_tuple_field(const struct tuple *tuple, uint32_t field_number);
    size_t box_tuple_bsize(const struct tuple *tuple);
    void *memmem(const void *text, size_t length, const void *part, size_t length_of_part);
    int memcmp(const void *one, const void *other, size_t length);
]])

local C = ffi.C
local band, rshift = bit.band, bit.rshift
local floor = math.floor

local PRIMARY = 0
-- Orders of an index. EQUAL_REVERSED begins at the last tuple with the key, LESS at the one before the key.
local EQUAL_REVERSED, LESS, GREATER_OR_EQUAL, GREATER = 1, 3, 5, 6
local WORD = 2 ^ 32
-- Bytes of a number, or of the length of a text, of bytes or of an array, with its type.
local MAX_OVERHEAD = 9

local bytes_of = ffi.typeof('const uint8_t *')
local found = ffi.new('struct tuple *[1]')

local function new_memory(size)
    return {size = size, bytes = ffi.new('uint8_t[?]', size)}
end

-- Makes room for `more` bytes after those that are used.
local function reserve(memory, used, more)
    if used + more > memory.size then
        local size = 2 * (used + more)
        local bytes = ffi.new('uint8_t[?]', size)
        ffi.copy(bytes, memory.bytes, used)
        memory.size, memory.bytes = size, bytes
    end
end

local scratch = new_memory(64 * 1024)

local function put_word(place, number)
    place[0] = rshift(number, 24)
    place[1] = band(rshift(number, 16), 0xff)
    place[2] = band(rshift(number, 8), 0xff)
    place[3] = band(number, 0xff)
    return place + 4
end

-- An integer from 0 to 2^53, in its shortest form: indexes compare numbers by their forms first.
local function put_number(place, number)
    if number < 0x80 then
        place[0] = number
        return place + 1
    elseif number < 0x100 then
        place[0] = 0xcc
        place[1] = number
        return place + 2
    elseif number < 0x10000 then
        place[0] = 0xcd
        place[1] = rshift(number, 8)
        place[2] = band(number, 0xff)
        return place + 3
    elseif number < WORD then
        place[0] = 0xce
        return put_word(place + 1, number)
    end
    place[0] = 0xcf
    return put_word(put_word(place + 1, floor(number / WORD)), number % WORD)
end

local function put_text(place, text)
    local length = #text
    if length < 0x20 then
        place[0] = 0xa0 + length
        place = place + 1
    elseif length < 0x100 then
        place[0] = 0xd9
        place[1] = length
        place = place + 2
    else
        place[0] = 0xdb
        place = put_word(place + 1, length)
    end
    ffi.copy(place, text, length)
    return place + length
end

local function put_binary(place, binary)
    local length = #binary
    if length < 0x100 then
        place[0] = 0xc4
        place[1] = length
        place = place + 2
    else
        place[0] = 0xc6
        place = put_word(place + 1, length)
    end
    ffi.copy(place, binary, length)
    return place + length
end

-- A value of a pair: a JSON text, or {bytes}. Lua has one type of strings for both, so bytes are in a table; from Tarantool 3 on
-- they come as an object, which is no string, either.
local function put_value(place, value)
    if type(value) == 'table' then
        return put_binary(place, tostring(value[1]))
    end
    return put_text(place, value)
end

-- The length of a value, as `put_value` takes it.
local function value_bytes(value)
    if type(value) == 'table' then
        return #tostring(value[1])
    end
    return #value
end

-- The head of an array; its items follow.
local function put_array(place, items)
    if items < 0x10 then
        place[0] = 0x90 + items
        return place + 1
    end
    place[0] = 0xdd
    return put_word(place + 1, items)
end

-- An operation of `update`, which sets a field of a tuple to an integer.
local function put_assignment(place, field, number)
    place = put_array(place, 3)
    place = put_text(place, '=')
    place = put_number(place, field)
    return put_number(place, number)
end

-- Begins a tuple or a key with that number of fields, whose texts and bytes have `bytes_of_texts` in all.
local function begin(fields, bytes_of_texts)
    reserve(scratch, 0, bytes_of_texts + (fields + 1) * MAX_OVERHEAD)
    return put_array(scratch.bytes + 0, fields)
end

-- The key {namespace id, key} of a pair; returns where it ends, as the functions below take it.
local function make_key(id, key)
    return put_text(put_number(begin(2, #key), id), key)
end

local function read_word(place)
    return ((place[0] * 256 + place[1]) * 256 + place[2]) * 256 + place[3]
end

local function check(status)
    if status ~= 0 then
        box.error() -- raises the error of the last call
    end
end

-- The tuple with the key that ends at `stop`, in the primary index or the one with this number: a pointer, nil where there is
-- none. It is valid as long as the tuple is in its space, so nothing may yield meanwhile.
local function get(space, stop, index)
    check(C.box_index_get(space, index or PRIMARY, scratch.bytes, stop, found))
    return found[0]
end

-- The first tuple whose key begins with what ends at `stop`; as `get`.
local function min(space, stop)
    check(C.box_index_min(space, PRIMARY, scratch.bytes, stop, found))
    return found[0]
end

-- The last tuple whose key begins with what ends at `stop`; as `get`.
local function max(space, stop)
    check(C.box_index_max(space, PRIMARY, scratch.bytes, stop, found))
    return found[0]
end

-- An iterator of an index, from the key that ends at `stop`, in the given order. Whoever asks for it has to free it.
local function iterate(space, index, stop, order)
    local iterator = C.box_index_iterator(space, index, order, scratch.bytes, stop)
    if iterator == nil then
        box.error() -- raises the error of the last call
    end
    return iterator
end

-- Calls `visit` for each tuple of an index, from the key that ends at `stop`, in the given order (nil: GREATER_OR_EQUAL), until
-- it returns false. `visit` must change nothing and raise nothing.
local function each(space, index, stop, visit, order)
    local iterator = iterate(space, index, stop, order or GREATER_OR_EQUAL)
    local status
    repeat
        status = C.box_iterator_next(iterator, found)
    until status ~= 0 or found[0] == nil or not visit(found[0])
    C.box_iterator_free(iterator)
    check(status)
end

-- Inserts the tuple from `start` to `stop`. Returns its bytes.
local function insert(space, start, stop)
    check(C.box_insert(space, start, stop, nil))
    return stop - start
end

-- Inserts or replaces the tuple that ends at `stop`. Returns its bytes.
local function replace(space, stop)
    check(C.box_replace(space, scratch.bytes, stop, nil))
    return stop - scratch.bytes
end

-- Updates the tuple with the key that ends at `stop_of_key` by the operations that follow it and end at `stop` (field numbers
-- begin at 1).
local function update(space, stop_of_key, stop)
    check(C.box_update(space, PRIMARY, scratch.bytes, stop_of_key, stop_of_key, stop, 1, nil))
end

-- Deletes the tuple with the key that ends at `stop`, if there is one.
local function delete(space, stop)
    check(C.box_delete(space, PRIMARY, scratch.bytes, stop, nil))
end

-- An integer field of a tuple; nil where it is null or absent.
local function number(tuple, field)
    local place = ffi.cast(bytes_of, C.box_tuple_field(tuple, field - 1))
    if place == nil then
        return nil
    end
    local first = place[0]
    if first < 0x80 then
        return first
    elseif first == 0xce then
        return read_word(place + 1)
    elseif first == 0xcd then
        return place[1] * 256 + place[2]
    elseif first == 0xcc then
        return place[1]
    elseif first == 0xcf then
        return read_word(place + 1) * WORD + read_word(place + 5)
    end
    return nil
end

-- The place of a field of a tuple.
local function locate(tuple, field)
    return ffi.cast(bytes_of, C.box_tuple_field(tuple, field - 1))
end

-- Where the text or the bytes at a place begin, how long they are, and whether they are bytes.
local function read_text(place)
    local first = place[0]
    if first < 0xc0 then
        return place + 1, first - 0xa0, false
    elseif first == 0xd9 then
        return place + 2, place[1], false
    elseif first == 0xda then
        return place + 3, place[1] * 256 + place[2], false
    elseif first == 0xdb then
        return place + 5, read_word(place + 1), false
    elseif first == 0xc4 then
        return place + 2, place[1], true
    elseif first == 0xc5 then
        return place + 3, place[1] * 256 + place[2], true
    end
    return place + 5, read_word(place + 1), true
end

-- The value at a place, as `put_value` takes it.
local function read_value(place)
    local start, length, are_bytes = read_text(place)
    local content = ffi.string(start, length)
    return are_bytes and {content} or content
end

-- How many items the array at a place has, and the place of the first.
local function read_array(place)
    local first = place[0]
    if first < 0xa0 then
        return first - 0x90, place + 1
    elseif first == 0xdc then
        return place[1] * 256 + place[2], place + 3
    end
    return read_word(place + 1), place + 5
end

-- The place after the text at a place, or after bytes, a number from 0 on or null.
local function skip(place)
    local first = place[0]
    if first < 0x80 or first == 0xc0 then
        return place + 1
    elseif first >= 0xcc and first <= 0xcf then
        return place + 1 + 2 ^ (first - 0xcc)
    end
    local text, length = read_text(place)
    return text + length
end

-- Where the text or the bytes of a field of a tuple begin, how long they are, and whether they are bytes.
local function locate_text(tuple, field)
    return read_text(locate(tuple, field))
end

-- A text field of a tuple; nil where it has bytes.
local function text(tuple, field)
    local place, length, are_bytes = locate_text(tuple, field)
    return not are_bytes and ffi.string(place, length) or nil
end

-- Whether a field of a tuple has bytes, and not a text.
local function is_binary(tuple, field)
    local _, _, are_bytes = locate_text(tuple, field)
    return are_bytes
end

-- A field of a tuple that has a value, as `put_value` takes it.
local function value(tuple, field)
    return read_value(locate(tuple, field))
end

-- Whether a text field of a tuple contains a text, and the bytes of the field, of which Lua makes no string.
local function contains(tuple, field, part)
    local place, length = locate_text(tuple, field)
    return C.memmem(place, length, part, #part) ~= nil, length
end

-- Whether the text at a place is this one; as `contains`.
local function is_text(place, other)
    local start, length = read_text(place)
    return length == #other and C.memcmp(start, other, length) == 0
end

-- Where a field of a tuple begins, and its bytes; not for its last field.
local function locate_field(tuple, field)
    local start = locate(tuple, field)
    return start, locate(tuple, field + 1) - start
end

-- Copies a packed field, of whatever type.
local function put_packed(place, start, length)
    ffi.copy(place, start, length)
    return place + length
end

-- The size of a tuple.
local function bytes(tuple)
    return tonumber(C.box_tuple_bsize(tuple))
end

-- The size of a tuple in an answer, where the value in that field is in base64 if it has bytes.
local function answered_bytes(tuple, field)
    local size = bytes(tuple)
    return is_binary(tuple, field) and math.ceil(size * 4 / 3) or size
end

return {
    EQUAL_REVERSED = EQUAL_REVERSED,
    LESS = LESS,
    GREATER_OR_EQUAL = GREATER_OR_EQUAL,
    GREATER = GREATER,
    MAX_OVERHEAD = MAX_OVERHEAD,
    new_memory = new_memory,
    reserve = reserve,
    begin = begin,
    make_key = make_key,
    put_number = put_number,
    put_text = put_text,
    put_value = put_value,
    value_bytes = value_bytes,
    put_array = put_array,
    put_packed = put_packed,
    put_assignment = put_assignment,
    get = get,
    min = min,
    max = max,
    iterate = iterate,
    each = each,
    insert = insert,
    replace = replace,
    update = update,
    delete = delete,
    number = number,
    text = text,
    contains = contains,
    is_text = is_text,
    locate = locate,
    locate_field = locate_field,
    value = value,
    read_value = read_value,
    read_array = read_array,
    skip = skip,
    bytes = bytes,
    answered_bytes = answered_bytes,
}
