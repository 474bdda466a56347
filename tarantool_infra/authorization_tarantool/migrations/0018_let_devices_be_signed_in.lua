-- Devices without a browser that wait for a user to sign in elsewhere (RFC 8628). Times are microseconds since 1970-01-01 UTC.

return function()
    local devices = box.schema.space.create('devices', {
        if_not_exists = true,
        format = {
            {'hash', 'string'}, -- of the device code; SHA-256, hexadecimal
            {'user_code', 'string'},
            {'client_id', 'string'},
            {'scope', 'string'},
            {'expires_at', 'unsigned'},
            {'asks_from', 'unsigned'}, -- when it may ask for tokens again
            {'interval', 'unsigned'}, -- between two requests for tokens, in microseconds
            {'decision', 'string'}, -- waiting, allowed, denied
            {name = 'user_id', type = 'string', is_nullable = true}, -- who has allowed it, and how that user has authenticated
            {name = 'authenticated_at', type = 'unsigned', is_nullable = true},
            {name = 'methods', type = 'array', is_nullable = true},
        },
    })
    devices:create_index('hash', {if_not_exists = true, parts = {{'hash', 'string'}}})
    devices:create_index('user_code', {if_not_exists = true, parts = {{'user_code', 'string'}}})
    devices:create_index('expires_at', {if_not_exists = true, parts = {{'expires_at', 'unsigned'}, {'hash', 'string'}}})
end
