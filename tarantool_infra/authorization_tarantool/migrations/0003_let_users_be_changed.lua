-- Users can be disabled, keep a profile (JSON text) and have a revision that each change raises.

return function()
    local users = box.space.users
    box.atomic(function()
        for _, user in users:pairs() do
            users:update(user.id, {{'=', 9, true}, {'=', 10, '{}'}, {'=', 11, 1}})
        end
    end)
    users:format({
        {'id', 'string'},
        {'username_key', 'string'},
        {'username', 'string'},
        {'password_hash', 'string'},
        {'first_name', 'string'},
        {'last_name', 'string'},
        {'role', 'string'},
        {'created_at', 'unsigned'}, -- microseconds since 1970-01-01 UTC
        {'is_enabled', 'boolean'},
        {'profile', 'string'},
        {'revision', 'unsigned'},
    })
    users:create_index('role', {
        if_not_exists = true,
        unique = false,
        parts = {{'role', 'string'}, {'is_enabled', 'boolean'}},
    })
end
