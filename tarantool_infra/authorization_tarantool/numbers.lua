-- Numbers for what is told to followers: given inside transactions, and shown when they are on disk. One that is only in memory
-- is not shown: should it be lost in a crash, it would be given again, and a follower that had seen it would never ask for the
-- other one.

local fiber = require('fiber')

-- Returns how to get the next number of a sequence, to be called inside the box.atomic of what it numbers; how to get the last
-- one that is on disk; and a condition that is signalled whenever there is a later one.
local function of(sequence)
    local committed
    local news = fiber.cond()

    -- After recovery all that there is, is on disk.
    local function get_committed()
        if committed == nil then
            local started, current = pcall(function() return box.sequence[sequence]:current() end)
            committed = started and tonumber(current) or 0
        end
        return committed
    end

    local function take()
        get_committed()
        local number = tonumber(box.sequence[sequence]:next())
        box.on_commit(function()
            committed = math.max(committed, number)
            news:broadcast()
        end)
        return number
    end

    return take, get_committed, news
end

return {of = of}
