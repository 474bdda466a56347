-- Domain events, in order. `data` is JSON text and holds no secrets.

return function()
    local events = box.schema.space.create('events', {
        if_not_exists = true,
        format = {
            {'number', 'unsigned'},
            {'type', 'string'},
            {'user_id', 'string'},
            {'occurred_at', 'unsigned'}, -- microseconds since 1970-01-01 UTC
            {'data', 'string'},
        },
    })
    box.schema.sequence.create('events', {if_not_exists = true})
    events:create_index('number', {if_not_exists = true, parts = {{'number', 'unsigned'}}, sequence = 'events'})
end
