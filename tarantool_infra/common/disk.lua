-- Whether the write-ahead log can be written: `disk.is_writable` of both instances. Tarantool answers reads and pings although
-- its disk is full, so only a write reveals it.

local fiber = require('fiber')

local leadership = require('common.leadership')

-- A probe is a write of some 100 bytes: however often and by however many processes it is asked for, there is one a second.
local PROBE_SECONDS = 1

local probed_at, is_probing, written = -math.huge, false, true
local done = fiber.cond()

-- Replaces a tuple by itself. Errors other than the log's, such as that memory is full, are not the disk's.
local function probe()
    is_probing, probed_at = true, fiber.clock()
    local space = box.space.schema_migrations
    local replaced, reason = pcall(space.replace, space, space.index.number:min())
    written = replaced or reason.code ~= box.error.WAL_IO and reason.code ~= box.error.CASCADE_ROLLBACK
    is_probing = false
    done:broadcast()
end

-- Returns false also where a probe lasts for more than PROBE_SECONDS.
local function is_writable()
    if is_probing then
        done:wait(PROBE_SECONDS)
    elseif fiber.clock() >= probed_at + PROBE_SECONDS and not leadership.is_held() then
        probe()
    end
    return written and not is_probing
end

-- Probes, and returns whether the log has refused the last write: a disk that is slow, or a missing quorum, is no refusal.
local function has_failed()
    is_writable()
    return not written
end

return {is_writable = is_writable, has_failed = has_failed}
