-- Deletes what has expired, in the background and in small slices, so that no request waits long for it.

local fiber = require('fiber')
local log = require('log')

local PAUSE_SECONDS = 1
local SLICE = 200

-- Deletes up to `most` tuples whose number in the index's first part is below `limit`; returns how many.
local function delete_below(space, index, limit, most)
    local expired = {}
    for _, tuple in space.index[index]:pairs({limit}, {iterator = 'LT'}) do
        if #expired == most then
            break
        end
        table.insert(expired, tuple)
    end
    box.atomic(function()
        for _, tuple in ipairs(expired) do
            space:delete(tuple[1])
        end
    end)
    return #expired
end

-- sweeps: functions that take the most they may delete and return how many they have deleted.
local function start(sweeps)
    fiber.create(function()
        fiber.name('sweeper')
        while true do
            local pause = PAUSE_SECONDS
            for _, sweep in ipairs(sweeps) do
                local swept, count = pcall(sweep, SLICE)
                if not swept then
                    log.error('cannot sweep: %s', tostring(count))
                elseif count == SLICE then
                    pause = 0
                end
            end
            fiber.sleep(pause)
        end
    end)
end

return {delete_below = delete_below, start = start}
