-- Browsers in which users have signed in, authorization codes, consents, and what sessions and clients need for these.
-- Times are microseconds since 1970-01-01 UTC; hashes are SHA-256, hexadecimal.

local function create(name, format)
    return box.schema.space.create(name, {if_not_exists = true, format = format})
end

-- Adds the fields that a space does not have yet.
local function extend(name, fields)
    local format = box.space[name]:format()
    local known = {}
    for _, field in ipairs(format) do
        known[field.name] = true
    end
    for _, field in ipairs(fields) do
        if not known[field[1]] then
            table.insert(format, {name = field[1], type = field[2], is_nullable = true})
        end
    end
    box.space[name]:format(format)
end

return function()
    local browser_sessions = create('browser_sessions', {
        {'id', 'string'},
        {'secret_hash', 'string'}, -- of the cookie
        {'user_id', 'string'},
        {'created_at', 'unsigned'},
        {'expires_at', 'unsigned'},
        {'authenticated_at', 'unsigned'},
        {'methods', 'array'}, -- RFC 8176
    })
    browser_sessions:create_index('id', {if_not_exists = true, parts = {{'id', 'string'}}})
    browser_sessions:create_index('secret_hash', {if_not_exists = true, parts = {{'secret_hash', 'string'}}})
    browser_sessions:create_index('user', {
        if_not_exists = true,
        parts = {{'user_id', 'string'}, {'created_at', 'unsigned'}, {'id', 'string'}},
    })
    browser_sessions:create_index('expires_at', {
        if_not_exists = true,
        parts = {{'expires_at', 'unsigned'}, {'id', 'string'}},
    })

    local codes = create('authorization_codes', {
        {'hash', 'string'},
        {'client_id', 'string'},
        {'redirect_uri', 'string'},
        {'challenge', 'string'}, -- RFC 7636
        {'scope', 'string'},
        {'nonce', 'string', is_nullable = true},
        {'user_id', 'string'},
        {'browser_session_id', 'string'},
        {'authenticated_at', 'unsigned'},
        {'methods', 'array'},
        {'expires_at', 'unsigned'},
        {'is_used', 'boolean'},
        {'session_id', 'string', is_nullable = true}, -- that its use has opened
    })
    codes:create_index('hash', {if_not_exists = true, parts = {{'hash', 'string'}}})
    codes:create_index('expires_at', {if_not_exists = true, parts = {{'expires_at', 'unsigned'}, {'hash', 'string'}}})

    local consents = create('consents', {
        {'user_id', 'string'},
        {'client_id', 'string'},
        {'scopes', 'array'},
        {'given_at', 'unsigned'},
    })
    consents:create_index('user', {if_not_exists = true, parts = {{'user_id', 'string'}, {'client_id', 'string'}}})
    consents:create_index('client', {if_not_exists = true, parts = {{'client_id', 'string'}, {'user_id', 'string'}}})

    extend('clients', {
        {'is_public', 'boolean'}, -- nil: no
        {'application', 'map'}, -- nil: nobody signs in to it
    })
    extend('sessions', {
        {'client_id', 'string'}, -- nil: the user acts without a client
        {'browser_session_id', 'string'}, -- nil: it does not end with one
    })
    box.space.sessions:create_index('client', {
        if_not_exists = true,
        unique = false,
        parts = {{'client_id', 'string', is_nullable = true}, {'user_id', 'string'}},
    })
end
