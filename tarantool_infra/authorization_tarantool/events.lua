-- What has happened, kept with the change that it tells of. For other stored functions, inside the box.atomic of the change.

-- events: {{type, user id, microseconds since 1970-01-01 UTC, data as JSON text}, …}
local function append(events)
    for _, event in ipairs(events) do
        box.space.events:insert({box.NULL, unpack(event)}) -- the space's sequence numbers them
    end
end

return {append = append}
