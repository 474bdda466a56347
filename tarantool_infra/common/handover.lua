-- A leader that ends, that cannot take over, or whose disk fails or stands still, leaves the lead to another member.

local clock = require('clock')
local fiber = require('fiber')
local log = require('log')

local leadership = require('common.leadership')

local LOOK_EVERY_SECONDS = 0.1
-- For how long a write to this disk may last. Services give up a change after a second and a half.
local STANDSTILL_SECONDS = 1
-- How long a member that leaves the lead waits for the next leader: one that ended before it has told the others would be missed.
local SUCCESSOR_SECONDS = 1
-- For which a member that has left the lead does not stand for election.
local REST_SECONDS = 5

local awaited_since = nil -- clock.monotonic, while the log is waited for

-- Lets the others elect a leader at once, where this member leads, and waits for that.
local function resign()
    if box.info.election.state ~= 'leader' then
        return
    end
    leadership.lose('')
    box.cfg({election_mode = 'voter'})
    local deadline = clock.monotonic() + SUCCESSOR_SECONDS
    local is_no_successor = {[0] = true, [box.info.id] = true}
    while is_no_successor[box.info.election.leader] and clock.monotonic() < deadline do
        fiber.sleep(LOOK_EVERY_SECONDS / 10)
    end
end

-- Leaves the lead, and stands for election again later.
local function stand_aside()
    resign()
    fiber.sleep(REST_SECONDS)
    box.cfg({election_mode = 'candidate'})
end

-- Waits for this member's own log, again and again: a change waits for the others', too.
local function watch_log()
    while true do
        awaited_since = clock.monotonic()
        pcall(box.ctl.wal_sync)
        awaited_since = nil
        fiber.sleep(LOOK_EVERY_SECONDS)
    end
end

local function log_stands_still()
    return awaited_since ~= nil and clock.monotonic() > awaited_since + STANDSTILL_SECONDS
end

-- Leaves the lead where that is so.
local function yield_where(is_unfit)
    while true do
        fiber.sleep(LOOK_EVERY_SECONDS)
        if leadership.is_leading() and is_unfit() then
            log.error('the write-ahead log cannot be written: another member is to lead')
            stand_aside()
        end
    end
end

return {
    resign = resign,
    stand_aside = stand_aside,
    watch_log = watch_log,
    log_stands_still = log_stands_still,
    yield_where = yield_where,
}
