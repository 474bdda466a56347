-- Keeps room for deletions. A deletion takes memory before it gives any back: for the log, for the namespace's tuple. So nothing
-- is written any more when the memory that the settings give is used up, and Tarantool has RESERVE beyond that, in which
-- deletions and expiries go on.

local fiber = require('fiber')
local settings = require('common.settings')

local MIB = 1024 * 1024
-- What lies idle in slabs for one size of tuple, no use for others. Where sizes differ it is much, most of it never touched.
local MAX_IDLE = 512 * MIB
-- Beyond that, slabs of 16 MiB: three that may be taken in part (of tuples, of indexes, beside large tuples), and three for
-- deletions.
local RESERVE = MAX_IDLE + 6 * 16 * MIB
local MEASURED_EVERY = MIB
-- What is deleted takes memory until Lua forgets it, and large tuples are small for Lua.
local COLLECTED_EVERY_SECONDS = 0.2
-- Of a tuple, its place in the indexes and its change in the log.
local OVERHEAD = 200

local limit = settings.memtx_memory
local unmeasured, full = MEASURED_EVERY, false
local collected_at = 0

local function is_exceeded()
    local slab = box.slab.info()
    local large = math.max(0, slab.quota_used - slab.arena_size) -- tuples that are in no slab
    local used = slab.arena_used + large
    local idle = slab.items_size - slab.items_used
    return used > limit or used + idle > limit + MAX_IDLE
end

local function measure()
    unmeasured = 0
    full = is_exceeded()
    if full and fiber.clock() >= collected_at + COLLECTED_EVERY_SECONDS then
        collectgarbage()
        collected_at = fiber.clock()
        full = is_exceeded()
    end
end

-- To be told of all that is written: how many bytes. Returns whether memory is full.
local function note(bytes)
    unmeasured = unmeasured + bytes
    if full or unmeasured >= MEASURED_EVERY then
        measure()
    end
    return full
end

-- Raises what Tarantool raises when it has no memory left, if there is none for so many bytes that are to be written.
local function claim(bytes)
    if note(2 * (bytes + OVERHEAD)) then
        box.error(box.error.MEMORY_ISSUE, bytes, 'what TARANTOOL_MEMTX_MEMORY allows', 'pairs')
    end
end

return {RESERVE = RESERVE, note = note, claim = claim}
