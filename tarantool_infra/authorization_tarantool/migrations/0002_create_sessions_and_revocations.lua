-- Sessions, and the feed of revocations. Times are microseconds since 1970-01-01 UTC, but in `revocations` seconds, as in
-- tokens.

local function create(name, format)
    return box.schema.space.create(name, {if_not_exists = true, format = format})
end

return function()
    local sessions = create('sessions', {
        {'id', 'string'},
        {'user_id', 'string'},
        {'family_hash', 'string'}, -- of the part that all refresh tokens of the session share; SHA-256, hexadecimal
        {'secret_hash', 'string'}, -- of the part that only the latest of them has
        {'created_at', 'unsigned'},
        {'last_used_at', 'unsigned'},
        {'expires_at', 'unsigned'}, -- where it is not used before
        {'ends_at', 'unsigned'}, -- however often it is used
        {'tokens_expire_at', 'unsigned'}, -- the last of its access tokens
        {'address', 'string'},
        {'user_agent', 'string'},
    })
    sessions:create_index('id', {if_not_exists = true, parts = {{'id', 'string'}}})
    sessions:create_index('family_hash', {if_not_exists = true, parts = {{'family_hash', 'string'}}})
    sessions:create_index('user', {
        if_not_exists = true,
        parts = {{'user_id', 'string'}, {'last_used_at', 'unsigned'}, {'id', 'string'}},
    })
    sessions:create_index('expires_at', {
        if_not_exists = true,
        parts = {{'expires_at', 'unsigned'}, {'id', 'string'}},
    })

    box.schema.sequence.create('revocations', {if_not_exists = true})
    local revocations = create('revocations', {
        {'number', 'unsigned'},
        {'kind', 'string'}, -- session or subject
        {'id', 'string'},
        {'issued_before', 'number'}, -- of a subject: which of its tokens; 0 of a session: all
        {'expires_at', 'number'}, -- when the last revoked token has expired
    })
    revocations:create_index('number', {if_not_exists = true, parts = {{'number', 'unsigned'}}})
    revocations:create_index('expires_at', {
        if_not_exists = true,
        parts = {{'expires_at', 'number'}, {'number', 'unsigned'}},
    })
end
