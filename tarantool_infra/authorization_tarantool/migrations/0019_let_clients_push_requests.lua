-- Authorization requests that clients have pushed (RFC 9126). Times are microseconds since 1970-01-01 UTC.

return function()
    local pushed = box.schema.space.create('pushed_requests', {
        if_not_exists = true,
        format = {
            {'hash', 'string'}, -- of what refers to it; SHA-256, hexadecimal
            {'client_id', 'string'},
            {'query', 'string'},
            {'expires_at', 'unsigned'},
            {name = 'begun_at', type = 'unsigned', is_nullable = true}, -- when a browser has presented it
        },
    })
    pushed:create_index('hash', {if_not_exists = true, parts = {{'hash', 'string'}}})
    pushed:create_index('expires_at', {if_not_exists = true, parts = {{'expires_at', 'unsigned'}, {'hash', 'string'}}})
end
