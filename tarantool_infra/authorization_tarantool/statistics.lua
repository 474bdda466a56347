-- What the spaces hold, and the events since this instance was started, for the metrics of the service.

local events = require('authorization_tarantool.events')

-- Returns {totals by name, recorded events by type}.
local function describe()
    local space = box.space
    return {{
        users = space.users:len(),
        groups = space.groups:len(),
        clients = space.clients:len(),
        sessions = space.sessions:len(),
        browser_sessions = space.browser_sessions:len(),
        events_kept = space.events:len(),
        revocations_kept = space.revocations:len(),
    }, setmetatable(events.recorded, {__serialize = 'map'})}
end

return {describe = describe}
