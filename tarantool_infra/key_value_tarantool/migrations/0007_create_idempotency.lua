-- Answers to requests with an idempotency key, for their repetitions (idempotency.lua).

return function()
    local space = box.schema.space.create('idempotency', {
        if_not_exists = true,
        format = {
            {'namespace', 'unsigned'},
            {'key', 'string'}, -- made of the caller and the key that it has sent
            {'fingerprint', 'string'}, -- of the request
            {'kept_until', 'unsigned'}, -- milliseconds since 1970-01-01 UTC
            {'answer', 'array'},
        },
    })
    space:create_index('key', {if_not_exists = true, parts = {{'namespace', 'unsigned'}, {'key', 'string'}}})
    space:create_index('kept_until', {if_not_exists = true, unique = false, parts = {{'kept_until', 'unsigned'}}})
end
