-- `username_key` is the username in lower case: names are unique regardless of case and shown as they were chosen.

return function()
    local space = box.schema.space.create('users', {
        if_not_exists = true,
        format = {
            {'id', 'string'},
            {'username_key', 'string'},
            {'username', 'string'},
            {'password_hash', 'string'},
            {'first_name', 'string'},
            {'last_name', 'string'},
            {'role', 'string'},
            {'created_at', 'unsigned'}, -- microseconds since 1970-01-01 UTC
        },
    })
    space:create_index('id', {if_not_exists = true, parts = {{'id', 'string'}}})
    space:create_index('username_key', {if_not_exists = true, parts = {{'username_key', 'string'}}})
end
