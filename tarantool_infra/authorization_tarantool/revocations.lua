-- The feed of revocations: tokens that are not to be believed although they have not expired. Whoever verifies tokens follows it.

local fiber = require('fiber')

local clock = require('common.clock')
local numbers = require('authorization_tarantool.numbers')
local sweeper = require('common.sweeper')

local MAX_AT_ONCE = 1000

local take_number, get_committed, news = numbers.of('revocations')

-- Revokes the tokens of a session (kind 'session'), or those of a subject that were issued before a moment (kind 'subject').
-- To be called inside box.atomic, with the change that is the reason. Moments are seconds since 1970-01-01 UTC.
local function append(kind, id, issued_before, expires_at)
    if kind == 'subject' then
        -- Whoever made a token until now may have read what is changed only now. Tokens tell whole milliseconds.
        issued_before = math.max(issued_before, (math.floor(clock.now() / 1e3) + 1) / 1e3)
    end
    box.space.revocations:insert({take_number(), kind, id, issued_before, expires_at})
end

-- {feed, last number, revocations}: the first MAX_AT_ONCE behind `after`. Waits up to `seconds` until there is one.
-- A follower that is ahead of the feed has followed data that were lost: it gets all.
local function follow(after, seconds)
    local deadline = fiber.clock() + seconds
    if after > get_committed() then
        after = 0
    end
    while after == get_committed() and fiber.clock() < deadline do
        news:wait(deadline - fiber.clock())
    end
    local found = {}
    for _, revocation in box.space.revocations:pairs(after, {iterator = 'GT'}) do
        if revocation.number > get_committed() or #found == MAX_AT_ONCE then
            break
        end
        table.insert(found, revocation)
    end
    local last = #found == MAX_AT_ONCE and found[#found].number or get_committed()
    return {box.info.uuid, last, found}
end

local function sweep(most)
    return sweeper.delete_below(box.space.revocations, 'expires_at', clock.now() / 1e6, most)
end

return {append = append, follow = follow, sweep = sweep}
