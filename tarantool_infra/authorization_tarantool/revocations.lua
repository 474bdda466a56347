-- The feed of revocations: tokens that are not valid although they have not expired. Services that verify tokens follow it.
--
-- Its numbers say what came first, whatever the clock does. A token of a subject carries the last number when its rights were
-- read (`as_of`), and a later number revokes it. Tokens of earlier versions carry none: they are compared by their time.

local fiber = require('fiber')

local clock = require('common.clock')
local leadership = require('common.leadership')
local sequences = require('authorization_tarantool.sequences')
local sweeper = require('common.sweeper')

local MAX_AT_ONCE = 1000

-- Microseconds since 1970-01-01 UTC, in the year 2112: a clock that is far ahead must not use up the exact numbers.
local MAX_OF_CLOCK = 2 ^ 52

-- Numbers follow the clock, but never back. So those after a restore of a backup are beyond those that were lost with the data,
-- which services that verify tokens may still know.
local sequence = sequences.open('revocations', function()
    return math.min(clock.now(), MAX_OF_CLOCK)
end)

-- Takes a number, so that those of this start are beyond all that were taken before. At each start, and by each elected leader.
local function begin()
    sequence.take()
end

-- {microseconds since 1970-01-01 UTC, number of the last revocation}: of a token, taken before the rights in it are read.
local function read_at()
    return {clock.now(), sequence.last_taken()}
end

-- Revokes the tokens of a session (kind 'session'), or those of a subject with rights that were read before (kind 'subject');
-- of tokens without a number, those that were issued before a time.
-- Inside the box.atomic of the change that is the reason. Times are seconds since 1970-01-01 UTC.
local function append(kind, id, issued_before, expires_at)
    if kind == 'subject' then
        -- A token issued until now may carry what is changed only now. Tokens have whole milliseconds.
        issued_before = math.max(issued_before, (math.floor(clock.now() / 1e3) + 1) / 1e3)
    end
    box.space.revocations:insert({sequence.next_number(), kind, id, issued_before, expires_at})
end

-- Returns {feed id, last number, revocations}: the first MAX_AT_ONCE after `after`. Waits up to `seconds` until there is one.
-- A follower that is ahead of the feed has followed data that were lost: it receives all.
local function follow(after, seconds)
    local deadline = fiber.clock() + seconds
    if after > sequence.last_committed() then
        after = 0
    end
    while after == sequence.last_committed() and fiber.clock() < deadline and leadership.is_leading() do
        sequence.wait(deadline - fiber.clock())
    end
    local found = {}
    for _, revocation in box.space.revocations:pairs(after, {iterator = 'GT'}) do
        if revocation.number > sequence.last_committed() or #found == MAX_AT_ONCE then
            break
        end
        table.insert(found, revocation)
    end
    local last = #found == MAX_AT_ONCE and found[#found].number or sequence.last_committed()
    return {box.info.uuid, last, found}
end

local function sweep(limit)
    return sweeper.delete_below(box.space.revocations, 'expires_at', clock.earliest() / 1e6, limit)
end

return {append = append, begin = begin, follow = follow, read_at = read_at, sweep = sweep}
