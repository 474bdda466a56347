-- Whether this instance answers: a single one always does, a member of a replica set while it is the leader and a lease proves
-- it.
--
-- A lease is a time on the monotonic clock until which no other member can have answered anything. replica_set.lua extends it and
-- says why it is safe. A result is returned only where the lease of the term in which it was made still holds after it was made:
-- so a leader that was frozen, or cut off from the others, returns nothing that a newer leader has made wrong.

local clock = require('clock')
local fiber = require('fiber')

local settings = require('common.settings')

local NOT_LEADER = 'not leader'
-- How long a result waits for a proof. Services hold requests for two seconds, and another member may need the rest of it.
local MAX_PROOF_SECONDS = 1
local MAX_HOLD_SECONDS = 1
local FOR_EVER = math.huge

local serving_term = not settings.is_replicated and 0 or nil -- nil: this instance does not answer
local lease_until = not settings.is_replicated and FOR_EVER or 0 -- seconds of clock.monotonic
local leader = '' -- address of the leader, where it is another member and known
local changed = fiber.cond() -- signalled when the lease is extended, and when the term changes
local wanted = fiber.cond() -- signalled when something waits for a longer lease
local on_renew, on_lose = {}, {}
local guarded = false
local holds = 0 -- how many reasons there are to begin no change
local released = fiber.cond()

-- The refusal of a stored function that has done nothing: services send the call again, to the leader.
local function refusal()
    return {NOT_LEADER, leader}
end

-- Whether the lease of this term holds; waits for one.
local function is_proved(term)
    if clock.monotonic() < lease_until and serving_term == term then
        return true
    end
    local deadline = clock.monotonic() + MAX_PROOF_SECONDS
    while serving_term == term and clock.monotonic() < deadline do
        wanted:broadcast()
        changed:wait(deadline - clock.monotonic())
        if clock.monotonic() < lease_until and serving_term == term then
            return true
        end
    end
    return false
end

local function is_refusal(result)
    return type(result) == 'table' and type(result[1]) == 'string'
end

local function conclude(term, is_reader, done, result)
    if not done then
        -- What Tarantool refuses to a member that may not write has changed nothing.
        if type(result) == 'cdata' and result.code == box.error.READONLY then
            return refusal()
        end
        error(result, 0)
    end
    if is_proved(term) then
        return result
    end
    if is_reader or is_refusal(result) then
        return refusal()
    end
    error('leadership was lost before the result was certain: it may have been done', 0)
end

local function guard(work, is_reader)
    return function(...)
        if holds > 0 and not is_reader then
            released:wait(MAX_HOLD_SECONDS)
        end
        local term = serving_term
        if term == nil then
            return refusal()
        end
        return conclude(term, is_reader, pcall(work, ...))
    end
end

local functions = {}
local readers = {}
-- They say what is true of this instance, whether it answers or not.
local UNGUARDED = {['cluster.status'] = true, ['disk.is_writable'] = true, ['statistics.describe'] = true, ['stale.read'] = true}

local function install()
    if guarded then
        return
    end
    guarded = true
    for _, name in ipairs(functions) do
        local module, method = name:match('^(.*)%.(.*)$')
        if not UNGUARDED[name] then
            local of_module = rawget(_G, module)
            of_module[method] = guard(of_module[method], readers[name])
        end
    end
end

-- names: of the stored functions, which refuse where this instance does not answer; is_reader: by name, whether a function
-- changes nothing. They are guarded in a replica set, and elsewhere from the first `assume` on, so that a single instance has no
-- cost of it.
local function protect(names, is_reader)
    functions, readers = names, is_reader
    if settings.is_replicated then
        install()
    end
end

local function lose(address)
    leader = address
    if serving_term == nil then
        return
    end
    serving_term, lease_until = nil, 0
    for _, run in ipairs(on_lose) do
        run()
    end
    changed:broadcast()
end

-- Forgets what an earlier term has left in memory. Before anything is written in a new one.
local function renew()
    for _, run in ipairs(on_renew) do
        run()
    end
end

local function gain(term, until_when)
    leader, serving_term, lease_until = '', term, until_when
    changed:broadcast()
end

-- Lets changes wait before they begin, for a second at the most, until `release` is called as often.
local function hold()
    holds = holds + 1
end

local function release()
    holds = holds - 1
    if holds == 0 then
        released:broadcast()
    end
end

-- Extends the lease, where the term is the one in which this instance answers.
local function extend(term, until_when)
    if serving_term == term and until_when > lease_until then
        lease_until = until_when
        changed:broadcast()
    end
end

-- Lets a single instance refuse, as a follower of the leader at that address (or '') does, or answer again. For maintenance, on
-- the administrator's socket.
local function assume(role, address)
    if settings.is_replicated then
        error('the members of a replica set elect their leader', 0)
    end
    install()
    if role == 'leader' then
        gain(0, FOR_EVER)
    elseif role == 'follower' then
        lose(address or '')
    else
        error("the role must be 'leader' or 'follower'", 0)
    end
end

return {
    NOT_LEADER = NOT_LEADER,
    protect = protect,
    renew = renew,
    gain = gain,
    lose = lose,
    hold = hold,
    release = release,
    extend = extend,
    assume = assume,
    wanted = wanted,
    is_serving = function() return serving_term ~= nil and clock.monotonic() < lease_until end,
    -- Whether background work that must happen once happens here.
    is_leading = function() return serving_term ~= nil end,
    is_held = function() return holds > 0 end,
    leader = function() return leader end,
    on_renew = function(run) table.insert(on_renew, run) end,
    on_lose = function(run) table.insert(on_lose, run) end,
}
