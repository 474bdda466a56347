-- Sequence numbers of feeds: assigned inside transactions, and visible to followers once they are on disk. A number that a crash
-- lost would be assigned again, and a follower that had seen it would miss the later one.

local fiber = require('fiber')

-- Returns a function that takes the next number of a sequence, for use inside the box.atomic of what it numbers; a function that
-- returns the last number on disk; and a fiber.cond that is signalled after each commit of a number.
local function open(sequence)
    local committed
    local committed_more = fiber.cond()

    -- After recovery, all numbers are on disk.
    local function last_committed()
        if committed == nil then
            local started, current = pcall(function() return box.sequence[sequence]:current() end)
            committed = started and tonumber(current) or 0
        end
        return committed
    end

    local function next_number()
        last_committed()
        local number = tonumber(box.sequence[sequence]:next())
        box.on_commit(function()
            committed = math.max(committed, number)
            committed_more:broadcast()
        end)
        return number
    end

    return next_number, last_committed, committed_more
end

return {open = open}
