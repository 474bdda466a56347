-- Deletes tickets that nobody has used in time.

local clock = require('common.clock')

local function sweep(limit)
    local space = box.space.watch_tickets
    local expired = space.index.expires_at:select({clock.steady()}, {iterator = 'LE', limit = limit})
    for _, ticket in ipairs(expired) do
        space:delete({ticket.namespace, ticket.digest})
    end
    return #expired
end

return {sweep = sweep}
