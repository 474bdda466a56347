-- Limits whose refusal has been recorded as an event, while they apply: of an account and an address, an account, or an address.
-- Further refusals by them are not recorded.

return function()
    local told = box.schema.space.create('refusals_told', {
        if_not_exists = true,
        format = {{'key', 'string'}, {'expires_at', 'unsigned'}}, -- microseconds since 1970-01-01 UTC
    })
    told:create_index('key', {if_not_exists = true, parts = {{'key', 'string'}}})
    told:create_index('expires_at', {
        if_not_exists = true,
        parts = {{'expires_at', 'unsigned'}, {'key', 'string'}},
    })
end
