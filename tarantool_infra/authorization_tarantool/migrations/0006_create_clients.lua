-- Service accounts.

return function()
    local clients = box.schema.space.create('clients', {
        if_not_exists = true,
        format = {
            {'id', 'string'},
            {'secret_hash', 'string'}, -- SHA-256, hexadecimal
            {'scopes', 'array'},
            {'created_at', 'unsigned'}, -- microseconds since 1970-01-01 UTC
        },
    })
    clients:create_index('id', {if_not_exists = true, parts = {{'id', 'string'}}})
end
