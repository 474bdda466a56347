-- `value` holds the JSON text of a value. It is opaque here: a number that passes through Lua does not come back as written.

return function()
    local space = box.schema.space.create('pairs', {
        if_not_exists = true,
        format = {{'key', 'string'}, {'value', 'string'}},
    })
    space:create_index('key', {if_not_exists = true, parts = {{'key', 'string'}}})
end
