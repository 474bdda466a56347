-- The public halves of the keys that access tokens are signed with, and their times: microseconds since 1970-01-01 UTC.

return function()
    local keys = box.schema.space.create('signing_keys', {
        if_not_exists = true,
        format = {
            {'id', 'string'}, -- the thumbprint (RFC 7638)
            {'public_jwk', 'string'}, -- JSON text (RFC 7517)
            {'created_at', 'unsigned'},
            {'signs_from', 'unsigned'},
            {'published_until', 'unsigned', is_nullable = true}, -- null until another key succeeds it
        },
    })
    keys:create_index('id', {if_not_exists = true, parts = {{'id', 'string'}}})
    keys:create_index('signs_from', {if_not_exists = true, unique = false, parts = {{'signs_from', 'unsigned'}}})
end
