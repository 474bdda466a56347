-- Namespaces may keep earlier values of their pairs: see history.lua. Their tuples get another field when they are next changed.

return function()
    local namespaces = box.space.namespaces
    local format = namespaces:format()
    format[13] = {name = 'history_kept', type = 'unsigned', is_nullable = true} -- values of each pair; null: 0
    namespaces:format(format)

    local history = box.schema.space.create('history', {
        if_not_exists = true,
        format = {
            {'namespace', 'unsigned'},
            {'key', 'string'},
            {'revision', 'unsigned'},
            {'value', 'scalar'}, -- as in `pairs`
            {'number', 'unsigned'}, -- of a pair's values, counted
            {'expires_at', 'unsigned', is_nullable = true}, -- milliseconds since 1970-01-01 UTC
        },
    })
    history:create_index('revision', {
        if_not_exists = true,
        parts = {{'namespace', 'unsigned'}, {'key', 'string'}, {'revision', 'unsigned'}},
    })

    -- Removals of pairs that may have a history.
    local removals = box.schema.space.create('removals', {
        if_not_exists = true,
        format = {{'namespace', 'unsigned'}, {'revision', 'unsigned'}, {'key', 'string'}},
    })
    removals:create_index('revision', {
        if_not_exists = true,
        parts = {{'namespace', 'unsigned'}, {'revision', 'unsigned'}, {'key', 'string'}},
    })

    -- Namespaces whose setting was lowered, and the key from which on it is not reached yet.
    local trims = box.schema.space.create('history_trims', {
        if_not_exists = true,
        format = {{'namespace', 'unsigned'}, {'key', 'string'}},
    })
    trims:create_index('namespace', {if_not_exists = true, parts = {{'namespace', 'unsigned'}}})
end
