-- Counters of attempts at passwords. Times are microseconds since 1970-01-01 UTC; expired tuples do not count. An account is
-- named by a hash of the username as submitted, so that names that exist do not differ from names that do not; an address is an
-- IPv4 address or an IPv6 network.

local function create(name, format)
    local space = box.schema.space.create(name, {if_not_exists = true, format = format})
    space:create_index('key', {if_not_exists = true, parts = {{'key', 'string'}}})
    space:create_index('expires_at', {
        if_not_exists = true,
        parts = {{'expires_at', 'unsigned'}, {'key', 'string'}},
    })
    return space
end

return function()
    create('attempts_by_pair', { -- an account and an address
        {'key', 'string'},
        {'failures', 'unsigned'},
        {'allowed_at', 'unsigned'}, -- the next attempt
        {'expires_at', 'unsigned'},
    })
    create('attempts_by_account', {{'key', 'string'}, {'expires_at', 'unsigned'}})
    create('attempts_by_address', {{'key', 'string'}, {'expires_at', 'unsigned'}})
    local familiar = create('familiar_addresses', { -- from which the owner of an account has logged in
        {'key', 'string'},
        {'expires_at', 'unsigned'},
        {'account', 'string'},
    })
    familiar:create_index('account', {
        if_not_exists = true,
        parts = {{'account', 'string'}, {'expires_at', 'unsigned'}, {'key', 'string'}},
    })
end
