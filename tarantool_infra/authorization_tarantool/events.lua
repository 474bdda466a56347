-- What has happened, kept with the change that it tells of. For other stored functions, inside the box.atomic of the change.

local settings = require('common.settings')

-- What is too old gives way to each new one: two at once, so that a lowered bound is reached in time and no change waits for it.
local GIVING_WAY = 2

-- events: {{type, user id, microseconds since 1970-01-01 UTC, data as JSON text}, …}
local function append(events)
    local space = box.space.events
    for _, event in ipairs(events) do
        local kept = space:insert({box.NULL, unpack(event)}) -- the space's sequence numbers them
        for _ = 1, GIVING_WAY do
            local oldest = space.index.number:min()
            if oldest.number > kept.number - settings.events_kept then
                break
            end
            space:delete(oldest.number)
        end
    end
end

return {append = append}
