-- The feed of revocations: tokens that are not valid although they have not expired. Services that verify tokens follow it.

local fiber = require('fiber')

local clock = require('common.clock')
local sequences = require('authorization_tarantool.sequences')
local sweeper = require('common.sweeper')

local MAX_AT_ONCE = 1000

local next_number, last_committed, committed_more = sequences.open('revocations')

-- Revokes the tokens of a session (kind 'session'), or those of a subject that were issued before a time (kind 'subject').
-- Inside the box.atomic of the change that is the reason. Times are seconds since 1970-01-01 UTC.
local function append(kind, id, issued_before, expires_at)
    if kind == 'subject' then
        -- A token issued until now may carry what is changed only now. Tokens have whole milliseconds.
        issued_before = math.max(issued_before, (math.floor(clock.now() / 1e3) + 1) / 1e3)
    end
    box.space.revocations:insert({next_number(), kind, id, issued_before, expires_at})
end

-- Returns {feed id, last number, revocations}: the first MAX_AT_ONCE after `after`. Waits up to `seconds` until there is one.
-- A follower that is ahead of the feed has followed data that were lost: it receives all.
local function follow(after, seconds)
    local deadline = fiber.clock() + seconds
    if after > last_committed() then
        after = 0
    end
    while after == last_committed() and fiber.clock() < deadline do
        committed_more:wait(deadline - fiber.clock())
    end
    local found = {}
    for _, revocation in box.space.revocations:pairs(after, {iterator = 'GT'}) do
        if revocation.number > last_committed() or #found == MAX_AT_ONCE then
            break
        end
        table.insert(found, revocation)
    end
    local last = #found == MAX_AT_ONCE and found[#found].number or last_committed()
    return {box.info.uuid, last, found}
end

local function sweep(limit)
    return sweeper.delete_below(box.space.revocations, 'expires_at', clock.now() / 1e6, limit)
end

return {append = append, follow = follow, sweep = sweep}
