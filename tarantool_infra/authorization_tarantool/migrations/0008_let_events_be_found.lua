-- Events can be found by type and by the user they concern, also by the name of a deleted user. They are counted by type, since a
-- number of each type is kept.

local function add_names(events)
    box.atomic(function()
        for _, event in events:pairs() do
            local user = box.space.users:get(event.user_id)
            events:update(event.number, {{'=', 6, user and user.username or ''}, {'=', 7, user and user.username_key or ''}})
        end
    end)
    events:format({
        {'number', 'unsigned'},
        {'type', 'string'},
        {'user_id', 'string'}, -- empty where it concerns no known user
        {'occurred_at', 'unsigned'}, -- microseconds since 1970-01-01 UTC
        {'data', 'string'},
        {'username', 'string'},
        {'username_key', 'string'},
    })
end

local function add_indexes(events)
    local number = {'number', 'unsigned'}
    for name, parts in pairs({
        type = {{'type', 'string'}, number},
        user = {{'user_id', 'string'}, number},
        user_type = {{'user_id', 'string'}, {'type', 'string'}, number},
        username = {{'username_key', 'string'}, number},
        username_type = {{'username_key', 'string'}, {'type', 'string'}, number},
    }) do
        events:create_index(name, {if_not_exists = true, parts = parts})
    end
end

local function count(events)
    local counts = box.schema.space.create('event_counts', {
        if_not_exists = true,
        format = {
            {'type', 'string'},
            {'kept', 'unsigned'},
            {'forgotten', 'unsigned'}, -- the number of the latest one that is not kept any more, 0 if there is none
        },
    })
    counts:create_index('type', {if_not_exists = true, parts = {{'type', 'string'}}})
    local oldest = events.index.number:min()
    if oldest == nil then
        return
    end
    local kept = {}
    for _, event in events:pairs() do
        kept[event.type] = (kept[event.type] or 0) + 1
    end
    box.atomic(function()
        for kind, number in pairs(kept) do
            counts:replace({kind, number, oldest.number - 1}) -- until now, one limit held for all types
        end
    end)
end

return function()
    local events = box.space.events
    add_names(events)
    add_indexes(events)
    count(events)
end
