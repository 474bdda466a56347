-- Deletes what has expired, in the background, in small slices with pauses between them, so that no request waits long for it.

local fiber = require('fiber')
local log = require('log')

local PAUSE_SECONDS = 1
-- Between slices, while there is more: some 10,000 tuples a second. Twice as many take a seventh of the processor's time, and
-- reads show it; smaller slices cost more fsyncs.
local SHORT_PAUSE_SECONDS = 0.005
local SLICE = 50

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

local function sweep_again_and_again(sweep)
    while true do
        local swept, count = pcall(sweep, SLICE)
        if not swept then
            log.error('cannot sweep: %s', tostring(count))
        end
        fiber.sleep(swept and count >= SLICE and SHORT_PAUSE_SECONDS or PAUSE_SECONDS)
    end
end

-- sweeps: functions that take how many they may delete in a slice and return how many they have deleted.
local function start(sweeps)
    for _, sweep in ipairs(sweeps) do
        fiber.create(function()
            fiber.name('sweeper')
            sweep_again_and_again(sweep)
        end)
    end
end

return {delete_below = delete_below, start = start}
