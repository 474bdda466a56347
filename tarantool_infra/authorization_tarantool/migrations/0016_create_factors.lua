-- Second factors of users, recovery codes, what has begun and waits for its second step, and policies. A session knows how its
-- user has authenticated. Times are microseconds since 1970-01-01 UTC.

local function create_factors()
    local factors = box.schema.space.create('factors', {
        if_not_exists = true,
        format = {
            {'id', 'string'},
            {'user_id', 'string'},
            {'kind', 'string'}, -- totp or passkey
            {'name', 'string'},
            {'created_at', 'unsigned'},
            {name = 'last_used_at', type = 'unsigned', is_nullable = true},
            {'secret', 'string'}, -- of totp, sealed by the service; of a passkey, the public key
            {'counter', 'unsigned'}, -- of totp, the last time step that was used; of a passkey, its counter of signatures
            {name = 'credential_id', type = 'string', is_nullable = true}, -- of a passkey
        },
    })
    factors:create_index('id', {if_not_exists = true, parts = {{'id', 'string'}}})
    factors:create_index('user', {
        if_not_exists = true,
        parts = {{'user_id', 'string'}, {'created_at', 'unsigned'}, {'id', 'string'}},
    })
    factors:create_index('credential_id', {
        if_not_exists = true,
        parts = {{field = 'credential_id', type = 'string', is_nullable = true}},
    })
end

local function create_recovery_codes()
    local codes = box.schema.space.create('recovery_codes', {
        if_not_exists = true,
        format = {{'user_id', 'string'}, {'code_hash', 'string'}}, -- SHA-256, hexadecimal
    })
    codes:create_index('code', {if_not_exists = true, parts = {{'user_id', 'string'}, {'code_hash', 'string'}}})
end

-- Temporary: a challenge lives for minutes, so it need not outlive the process, nor wait for the disk.
local function create_challenges()
    local challenges = box.schema.space.create('challenges', {
        if_not_exists = true,
        temporary = true,
        format = {
            {'digest', 'string'}, -- SHA-256 of the token that stands for it, hexadecimal
            {'expires_at', 'unsigned'}, -- by clock.steady
            {'purpose', 'string'},
            {'user_id', 'string'}, -- empty where nobody is known yet
            {'data', 'string'}, -- opaque here
        },
    })
    challenges:create_index('digest', {if_not_exists = true, parts = {{'digest', 'string'}}})
    challenges:create_index('expires_at', {
        if_not_exists = true,
        parts = {{'expires_at', 'unsigned'}, {'digest', 'string'}},
    })
    challenges:create_index('user', {
        if_not_exists = true,
        parts = {{'user_id', 'string'}, {'expires_at', 'unsigned'}, {'digest', 'string'}},
    })
end

local function create_policies()
    local policies = box.schema.space.create('policies', {
        if_not_exists = true,
        format = {{'name', 'string'}, {'value', 'boolean'}},
    })
    policies:create_index('name', {if_not_exists = true, parts = {{'name', 'string'}}})
end

local ADDED = {
    -- When the user has authenticated, and how (RFC 8176); nil in sessions of earlier versions.
    {name = 'authenticated_at', type = 'unsigned', is_nullable = true},
    {name = 'methods', type = 'array', is_nullable = true},
}

local function extend_sessions()
    local sessions = box.space.sessions
    local format = sessions:format()
    if #format == 15 then
        for _, field in ipairs(ADDED) do
            table.insert(format, field)
        end
        sessions:format(format)
    end
end

return function()
    create_factors()
    create_recovery_codes()
    create_challenges()
    create_policies()
    extend_sessions()
end
