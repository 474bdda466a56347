-- Reserves memory for deletions. A deletion takes memory (for the log and the namespace's tuple) before it frees any. So writes
-- are refused when the memory of the settings is used up, and Tarantool has RESERVE beyond that, in which deletions and expiries
-- go on. A removed value is kept in the log of changes only while memory is not SHORT: what is deleted then makes room.

local fiber = require('fiber')
local settings = require('common.settings')

local MIB = 1024 * 1024
-- Idle memory in slabs for one size of tuple, which other sizes cannot use. Where sizes differ it is much, most of it never
-- touched.
local MAX_IDLE = 512 * MIB
-- Beyond that, slabs of 16 MiB: three that may be taken in part (of tuples, of indexes, beside large tuples), and three for
-- deletions.
local RESERVE = MAX_IDLE + 6 * 16 * MIB
local SHORT = 15 / 16 -- of the memory of the settings
local MEASURE_EVERY_BYTES = MIB
-- A deleted tuple takes memory until Lua collects its reference, whose size tells Lua nothing of the tuple's.
local COLLECT_EVERY_SECONDS = 0.2
-- Bytes of a tuple, its place in the indexes and its change in the log.
local OVERHEAD = 200

local limit = settings.memtx_memory
local unmeasured, full, short = MEASURE_EVERY_BYTES, false, false
local collected_at = 0

local function measure_once()
    local slab = box.slab.info()
    local large = math.max(0, slab.quota_used - slab.arena_size) -- tuples that are in no slab
    local used = slab.arena_used + large
    local idle = slab.items_size - slab.items_used
    full = used > limit or used + idle > limit + MAX_IDLE
    short = full or used > SHORT * limit
end

local function measure()
    unmeasured = 0
    measure_once()
    if full and fiber.clock() >= collected_at + COLLECT_EVERY_SECONDS then
        collectgarbage()
        collected_at = fiber.clock()
        measure_once()
    end
end

-- Counts bytes that are written. Returns whether memory is full.
local function account(bytes)
    unmeasured = unmeasured + bytes
    if full or unmeasured >= MEASURE_EVERY_BYTES then
        measure()
    end
    return full
end

-- Counts bytes that may be written. Returns whether there is more memory than what is left for writes and deletions alone.
local function has_room(bytes)
    unmeasured = unmeasured + bytes
    if short or unmeasured >= MEASURE_EVERY_BYTES then
        measure()
    end
    return not short
end

-- Counts bytes that are about to be written. Raises Tarantool's error (MEMORY_ISSUE) where memory is full.
local function claim(bytes)
    if account(2 * (bytes + OVERHEAD)) then
        box.error(box.error.MEMORY_ISSUE, bytes, 'what TARANTOOL_MEMTX_MEMORY allows', 'pairs')
    end
end

return {RESERVE = RESERVE, account = account, has_room = has_room, claim = claim}
