-- Namespaces with revisions. Existing pairs move to the namespace `default`.

local MOVED_TOGETHER = 1000

local function create_namespaces()
    local space = box.schema.space.create('namespaces', {
        if_not_exists = true,
        format = {
            {'id', 'unsigned'},
            {'name', 'string'},
            {'revision', 'unsigned'}, -- of the last change
            {'pairs', 'unsigned'},
            {'bytes', 'unsigned'}, -- of their tuples
            {'log_bytes', 'unsigned'}, -- of the tuples of the log of changes
            {'created_at', 'unsigned'}, -- microseconds since 1970-01-01 UTC
            {'description', 'string'},
            {'changes_kept', 'unsigned'},
            {'quota_pairs', 'unsigned', is_nullable = true},
            {'quota_bytes', 'unsigned', is_nullable = true},
            {'default_ttl', 'unsigned', is_nullable = true}, -- milliseconds
        },
    })
    box.schema.sequence.create('namespaces', {if_not_exists = true})
    space:create_index('id', {if_not_exists = true, parts = {{'id', 'unsigned'}}, sequence = 'namespaces'})
    space:create_index('name', {if_not_exists = true, parts = {{'name', 'string'}}})

    -- Deleted namespaces, whose pairs and changes are not all gone yet.
    local forgotten = box.schema.space.create('forgotten_namespaces', {
        if_not_exists = true,
        format = {{'id', 'unsigned'}},
    })
    forgotten:create_index('id', {if_not_exists = true, parts = {{'id', 'unsigned'}}})

    -- The greatest revision that any deleted namespace had: one tuple.
    local revisions = box.schema.space.create('forgotten_revisions', {
        if_not_exists = true,
        format = {{'revision', 'unsigned'}},
    })
    revisions:create_index('revision', {if_not_exists = true, parts = {{'revision', 'unsigned'}}})
end

local function create_changes()
    local space = box.schema.space.create('changes', {
        if_not_exists = true,
        format = {
            {'namespace', 'unsigned'},
            {'revision', 'unsigned'}, -- of the last of the changes
            {'first', 'unsigned'}, -- of the first of them
            {'changes', 'array'}, -- {kind, key[, value[, expiry]]} each
        },
    })
    space:create_index('revision', {if_not_exists = true, parts = {{'namespace', 'unsigned'}, {'revision', 'unsigned'}}})
end

local function create_pairs()
    local space = box.schema.space.create('pairs', {
        format = {
            {'namespace', 'unsigned'},
            {'key', 'string'},
            {'value', 'string'}, -- JSON text
            {'revision', 'unsigned'},
            {'created_revision', 'unsigned'},
            {'version', 'unsigned'},
            {'expires_at', 'unsigned', is_nullable = true}, -- milliseconds since 1970-01-01 UTC
        },
    })
    space:create_index('key', {parts = {{'namespace', 'unsigned'}, {'key', 'string'}}})
end

local function create_expirations()
    local space = box.schema.space.create('expirations', {
        if_not_exists = true,
        format = {{'expires_at', 'unsigned'}, {'namespace', 'unsigned'}, {'key', 'string'}},
    })
    space:create_index('expires_at', {
        if_not_exists = true,
        parts = {{'expires_at', 'unsigned'}, {'namespace', 'unsigned'}, {'key', 'string'}},
    })
end

local function move_pairs(old, namespace)
    while true do
        local slice = old:select({}, {limit = MOVED_TOGETHER})
        if #slice == 0 then
            return
        end
        box.atomic(function()
            local kept = box.space.namespaces:get(namespace.id)
            local bytes = 0
            for position, pair in ipairs(slice) do
                local revision = kept.revision + position
                bytes = bytes + box.space.pairs:insert({kept.id, pair.key, pair.value, revision, revision, 1}):bsize()
                old:delete(pair.key)
            end
            box.space.namespaces:update(kept.id, {{'+', 'revision', #slice}, {'+', 'pairs', #slice}, {'+', 'bytes', bytes}})
        end)
    end
end

return function()
    local namespaces = require('key_value_tarantool.namespaces')
    create_namespaces()
    create_changes()
    create_expirations()
    if box.space.pairs ~= nil and box.space.pairs:format()[1].name == 'key' then
        box.space.pairs:rename('pairs_without_namespace')
    end
    if box.space.pairs == nil then
        create_pairs()
    end
    local default = namespaces.find(namespaces.DEFAULT)
    if default == nil then
        default = namespaces.create(namespaces.DEFAULT, namespaces.DEFAULT_SETTINGS)
    end
    if box.space.pairs_without_namespace ~= nil then
        move_pairs(box.space.pairs_without_namespace, default)
        box.space.pairs_without_namespace:drop()
    end
end
