-- Tickets by which browsers watch. The space is temporary: a ticket lives for half a minute, so it need not outlive the process,
-- nor wait for the disk.

return function()
    local space = box.schema.space.create('watch_tickets', {
        if_not_exists = true,
        temporary = true,
        format = {
            {'namespace', 'unsigned'}, -- its id
            {'digest', 'string'}, -- SHA-256 of the ticket in hexadecimal
            {'expires_at', 'unsigned'}, -- microseconds of clock.steady
            {'user_id', 'string'},
            {'token', 'array'}, -- what the service knows of the access token, opaque here
        },
    })
    space:create_index('digest', {if_not_exists = true, parts = {{'namespace', 'unsigned'}, {'digest', 'string'}}})
    space:create_index('expires_at', {if_not_exists = true, unique = false, parts = {{'expires_at', 'unsigned'}}})
    space:create_index('user_id', {
        if_not_exists = true,
        unique = false,
        parts = {{'user_id', 'string'}, {'expires_at', 'unsigned'}},
    })
end
