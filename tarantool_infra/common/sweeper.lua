-- Deletes expired tuples in the background, in small slices with pauses between them, so that no request waits long for it. In a
-- replica set the leader does.

local fiber = require('fiber')
local log = require('log')

local leadership = require('common.leadership')

local PAUSE_SECONDS = 1
-- Between slices, while there is more: some 10,000 tuples a second. Twice as many take a seventh of the processor's time, and
-- reads show it; smaller slices cost more fsyncs.
local SHORT_PAUSE_SECONDS = 0.005
local SLICE = 50

-- Deletes up to `limit` tuples whose number in the index's first part is below `bound`; returns how many.
local function delete_below(space, index, bound, limit)
    local expired = {}
    for _, tuple in space.index[index]:pairs({bound}, {iterator = 'LT'}) do
        if #expired == limit then
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

local function sweep_if_leading(sweep)
    return leadership.is_leading() and not leadership.is_held() and sweep(SLICE) or 0
end

local function sweep_forever(sweep)
    while true do
        local swept, count = pcall(sweep_if_leading, sweep)
        if not swept then
            log.error('cannot sweep: %s', tostring(count))
        end
        fiber.sleep(swept and count >= SLICE and SHORT_PAUSE_SECONDS or PAUSE_SECONDS)
    end
end

-- Starts a fiber for each sweep: a function that takes how many tuples it may delete in a slice and returns how many it has
-- deleted.
local function start(sweeps)
    for _, sweep in ipairs(sweeps) do
        fiber.create(function()
            fiber.name('sweeper')
            sweep_forever(sweep)
        end)
    end
end

return {delete_below = delete_below, start = start}
