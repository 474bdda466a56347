-- Limits attempts at passwords. The rules stand in documentation/api.md.

local fiber = require('fiber')
local json = require('json')

local clock = require('common.clock')
local events = require('authorization_tarantool.events')
local refusals = require('authorization_tarantool.refusals')
local sweeper = require('common.sweeper')

local HOUR = 3600 * 1e6
local DAY = 24 * HOUR

-- policy: {failures of a pair without delay, first delay, longest delay, attempts an hour at an account, and from an address,
-- time that an address stays familiar, familiar addresses of an account, tuples of a space}; times are in microseconds
-- subject: {id of the user whose password is tried or '', address}
-- seconds: how long to wait for attempts under way
-- now: nil, or for tests a time instead of the clock's, as a double

-- An attempt is under way from its reservation until its outcome is known. One that takes longer than this was lost with the
-- process that made it, and has failed.
local MAX_CHECK_SECONDS = 10

-- By pair, account and address: {count = attempts under way there, lost_at = fiber.clock(), ended = fiber.cond}. They are counted
-- as failures all the same, so nothing depends on this but whether an attempt is refused at once or waits.
local under_way = {}

local function pair_key(account, address)
    return account .. ' ' .. address
end

local function count_under_way(key)
    local found = under_way[key]
    if found and found.lost_at <= fiber.clock() then
        under_way[key] = nil
        found = nil
    end
    return found and found.count or 0
end

local function begin_attempt(account, address)
    for _, key in ipairs({pair_key(account, address), account, address}) do
        local count = count_under_way(key)
        local found = under_way[key] or {ended = fiber.cond()}
        found.count, found.lost_at = count + 1, fiber.clock() + MAX_CHECK_SECONDS
        under_way[key] = found
    end
end

local function end_attempt(account, address)
    for _, key in ipairs({pair_key(account, address), account, address}) do
        local found = under_way[key]
        if found then
            found.count = found.count - 1
            under_way[key] = found.count > 0 and found or nil
            found.ended:broadcast()
        end
    end
end

-- Where the clock was set back since a counter was changed, shifts the counter's times by as much: it applies for as long as it
-- would have, and not until the clock has caught up.
local function follow_clock(space, key, now)
    local tuple = space:get(key)
    local ahead = tuple and tuple.changed_at ~= nil and tonumber(tuple.changed_at) - now or 0
    if ahead <= 0 then
        return
    end
    local changes = {{'=', 'changed_at', now}}
    for _, field in ipairs({'allowed_at', 'expires_at'}) do
        if tuple[field] ~= nil then
            table.insert(changes, {'=', field, tonumber(tuple[field]) - ahead})
        end
    end
    space:update(key, changes)
end

local function find(space, key, now)
    local tuple = space:get(key)
    if tuple ~= nil and tuple.expires_at > now then
        return tuple
    end
end

-- Inserts or replaces a tuple; where the space is full, the tuple that expires first is evicted. Counters of few failures expire
-- soon, so evicting a counter on purpose takes very many others that stand as high.
local function put(space, tuple, limit)
    if space:len() >= limit and space:get(tuple[1]) == nil then
        space:delete(space.index.expires_at:min().key)
    end
    space:replace(tuple)
end

-- When a leaky bucket will be empty with one attempt more. A limit of N an hour is a bucket for N/2 attempts that drains in an
-- hour, so there are never more than N in any 60 minutes. `expires_at` is when the bucket is empty.
local function fill(space, key, per_hour, now)
    local found = find(space, key, now)
    return (found and tonumber(found.expires_at) or now) + math.ceil(2 * HOUR / per_hour)
end

local function unfill(space, key, per_hour, now)
    local found = find(space, key, now)
    if found then
        local left = tonumber(found.expires_at) - math.ceil(2 * HOUR / per_hour)
        space:replace({key, math.max(left, now), now})
    end
end

local function delay_after(failures, free, first, longest)
    return failures < free and 0 or math.min(longest, first * 2 ^ math.min(failures - free, 40))
end

local function record_refusal(subject, reason)
    events.append({{'LoginRefused', subject[1], clock.now(), json.encode({reason = reason, address = subject[2]})}})
end

-- Records only the first refusal while the same limit applies: repeated attempts cost no write and do not fill the log.
local function record_refusal_once(waiting_for, expires_at, subject, now, limit)
    if find(box.space.refusals_told, waiting_for, now) == nil then
        box.atomic(function()
            put(box.space.refusals_told, {waiting_for, expires_at}, limit)
            record_refusal(subject, 'too many attempts')
        end)
    end
end

-- The limits that an attempt exceeds: {key of the counter, how long it applies, how long if no attempt under way fails}.
local function find_exceeded(account, address, policy, now)
    local _, _, _, per_account, per_address = unpack(policy)
    local spaces, key = box.space, pair_key(account, address)
    local exceeded = {}
    local function add(counter, wait, least)
        if wait > 0 then
            table.insert(exceeded, {key = counter, wait = wait, least = least})
        end
    end
    local pair = find(spaces.attempts_by_pair, key, now)
    local wait = pair and tonumber(pair.allowed_at) - now or 0
    -- The attempts under way there were allowed, so nothing before them forbids this one.
    add(key, wait, count_under_way(key) > 0 and 0 or wait)
    if not find(spaces.familiar_addresses, key, now) then
        local buckets = {{spaces.attempts_by_account, account, per_account}, {spaces.attempts_by_address, address, per_address}}
        for _, bucket in ipairs(buckets) do
            local space, counter, per_hour = unpack(bucket)
            wait = fill(space, counter, per_hour, now) - now - HOUR
            add(counter, wait, wait - count_under_way(counter) * math.ceil(2 * HOUR / per_hour))
        end
    end
    return exceeded
end

-- The exceeded limit that applies for longest whatever comes of the attempts under way, or nil.
local function find_refusing(exceeded)
    local refusing
    for _, limit in ipairs(exceeded) do
        if limit.least > 0 and (refusing == nil or limit.wait > refusing.wait) then
            refusing = limit
        end
    end
    return refusing
end

local function count(account, address, policy, now)
    local free, first, longest, per_account, per_address, _, _, limit = unpack(policy)
    local spaces, key = box.space, pair_key(account, address)
    local pair = find(spaces.attempts_by_pair, key, now)
    local failures = (pair and pair.failures or 0) + 1
    local kept = math.min(DAY, longest * 2 ^ math.min(failures - 1, 40))
    local account_until = fill(spaces.attempts_by_account, account, per_account, now)
    local address_until = fill(spaces.attempts_by_address, address, per_address, now)
    box.atomic(function()
        local allowed_at = now + delay_after(failures, free, first, longest)
        put(spaces.attempts_by_pair, {key, failures, allowed_at, now + kept, now}, limit)
        -- Attempts from a familiar address may fill the buckets, but not make others wait for longer than that.
        put(spaces.attempts_by_account, {account, math.min(account_until, now + HOUR), now}, limit)
        put(spaces.attempts_by_address, {address, math.min(address_until, now + HOUR), now}, limit)
    end)
end

-- Counts an attempt as failed before the password is checked, so that concurrent attempts are counted, too. Returns {true}; then
-- `succeed`, `fail` or `release` must follow. Where only attempts under way stand against it, waits for their outcomes: right
-- passwords that are tried at the same time do not refuse each other.
-- Refuses `too_many_attempts`, or ATTEMPTS_UNDER_WAY after `seconds`, and counts nothing: the password must not be checked.
local function reserve(account, address, policy, subject, seconds, fixed_now)
    local began_at = fixed_now or clock.now()
    follow_clock(box.space.attempts_by_pair, pair_key(account, address), began_at)
    follow_clock(box.space.attempts_by_account, account, began_at)
    follow_clock(box.space.attempts_by_address, address, began_at)
    local deadline = fiber.clock() + seconds
    while true do
        local now = fixed_now or clock.now()
        local exceeded = find_exceeded(account, address, policy, now)
        if #exceeded == 0 then
            begin_attempt(account, address)
            count(account, address, policy, now)
            return {true}
        end
        local refusing = find_refusing(exceeded)
        if refusing then
            record_refusal_once(refusing.key, now + refusing.wait, subject, now, policy[8])
            return refusals.too_many_attempts(refusing.wait)
        end
        if fiber.clock() >= deadline then
            return refusals.ATTEMPTS_UNDER_WAY
        end
        under_way[exceeded[1].key].ended:wait(deadline - fiber.clock())
    end
end

local function uncount(account, address, policy, now)
    unfill(box.space.attempts_by_account, account, policy[4], now)
    unfill(box.space.attempts_by_address, address, policy[5], now)
end

-- The password of a reserved attempt was right: resets the pair's failures and makes the address familiar.
local function succeed(account, address, policy, now)
    now = now or clock.now()
    local _, _, _, _, _, familiar_for, most_familiar, limit = unpack(policy)
    local familiar, key = box.space.familiar_addresses, pair_key(account, address)
    box.atomic(function()
        box.space.attempts_by_pair:delete(key)
        uncount(account, address, policy, now)
        put(familiar, {key, now + familiar_for, account}, limit)
        if familiar.index.account:count({account}) > most_familiar then
            familiar:delete(familiar.index.account:min({account}).key)
        end
    end)
    end_attempt(account, address)
    return true
end

-- The password of a reserved attempt was wrong, as it was counted: records the event.
local function fail(account, address, subject, reason)
    box.atomic(record_refusal, subject, reason)
    end_attempt(account, address)
    return true
end

-- A reserved attempt was not made: takes it back.
local function release(account, address, policy, now)
    now = now or clock.now()
    local key = pair_key(account, address)
    box.atomic(function()
        local pair = find(box.space.attempts_by_pair, key, now)
        if pair then
            -- It was admitted, so no earlier delay applies any more.
            box.space.attempts_by_pair:update(key, {
                {'=', 'failures', math.max(pair.failures - 1, 0)},
                {'=', 'allowed_at', now},
                {'=', 'changed_at', now},
            })
        end
        uncount(account, address, policy, now)
    end)
    end_attempt(account, address)
    return true
end

-- Deletes the failures at an account from all addresses. Inside box.atomic. Returns whether there were any.
local function unlock(account)
    local bucket = box.space.attempts_by_account:delete(account)
    local prefix, keys = pair_key(account, ''), {}
    for _, pair in box.space.attempts_by_pair:pairs(prefix, {iterator = 'GE'}) do
        if pair.key:sub(1, #prefix) ~= prefix then
            break
        end
        table.insert(keys, pair.key)
    end
    for _, key in ipairs(keys) do
        box.space.attempts_by_pair:delete(key)
    end
    return bucket ~= nil or #keys > 0
end

local SPACES = {'attempts_by_pair', 'attempts_by_account', 'attempts_by_address', 'familiar_addresses', 'refusals_told'}

local sweeps = {}
for _, name in ipairs(SPACES) do
    table.insert(sweeps, function(limit)
        return sweeper.delete_below(box.space[name], 'expires_at', clock.earliest(), limit)
    end)
end

return {reserve = reserve, succeed = succeed, fail = fail, release = release, unlock = unlock, sweeps = sweeps}
