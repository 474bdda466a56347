-- Sequence numbers of feeds: assigned inside transactions, and visible to followers once they are on disk. A number that a crash
-- lost would be assigned again, and a follower that had seen it would miss the later one.

local fiber = require('fiber')

local leadership = require('common.leadership')
local settings = require('common.settings')

-- Runs a transaction that changes numbers alone. Their space is Tarantool's own, which is not synchronous by itself.
local function synchronously(work)
    if settings.is_replicated then
        box.atomic({is_sync = true}, work)
    else
        box.atomic(work)
    end
end

-- Returns the functions of a sequence, by name. `floor`, if given, returns what the next number must at least be; otherwise there
-- are no gaps but those of changes that were rolled back.
local function open(sequence, floor)
    local taken, committed
    local committed_more = fiber.cond()

    -- After recovery, all numbers are on disk.
    local function recover()
        if taken == nil then
            local started, current = pcall(function() return box.sequence[sequence]:current() end)
            taken = started and tonumber(current) or 0
            committed = taken
        end
    end

    -- Another member may have led since.
    leadership.on_renew(function()
        taken = nil
    end)

    leadership.on_lose(function()
        committed_more:broadcast()
    end)

    local function last_committed()
        recover()
        return committed
    end

    -- The last number, also of a change that is not on disk yet.
    local function last_taken()
        recover()
        return taken
    end

    -- Takes the next number, inside the box.atomic of what it numbers.
    local function next_number()
        recover()
        local number = math.max(taken + 1, floor and floor() or 0)
        box.sequence[sequence]:set(number)
        taken = number
        box.on_commit(function()
            committed = math.max(committed, number)
            committed_more:broadcast()
        end)
        return number
    end

    -- Takes a number that nothing has.
    local function take()
        synchronously(next_number)
    end

    -- Lets the next number be beyond this one.
    local function skip_to(number)
        recover()
        synchronously(function() box.sequence[sequence]:set(number) end)
        taken, committed = number, number
    end

    -- Waits up to `seconds` for the next commit of a number.
    local function wait(seconds)
        committed_more:wait(seconds)
    end

    return {
        next_number = next_number,
        last_committed = last_committed,
        last_taken = last_taken,
        take = take,
        skip_to = skip_to,
        wait = wait,
    }
end

return {open = open}
