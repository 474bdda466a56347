-- Deletes history that is no longer kept: what removed pairs had, once their removals have left the log of changes, and what is
-- beyond a lowered setting.

local change_log = require('key_value_tarantool.change_log')
local history = require('key_value_tarantool.history')

local last_id = 0 -- of the namespaces checked by the previous sweep

local function free(id, bytes)
    if bytes > 0 then
        box.space.namespaces:update(id, {{'-', 'bytes', bytes}})
    end
end

-- Deletes up to `limit` tuples of what removed pairs of a namespace had. Returns how many, those of `removals` included.
local function drop_removed(id, limit)
    local namespace = box.space.namespaces:get(id)
    if namespace == nil then
        return 0
    end
    local oldest = change_log.oldest_revision(id, namespace.revision)
    local count, freed = 0, 0
    for _, removal in ipairs(box.space.removals:select({id}, {limit = limit})) do
        if removal.revision >= oldest or count == limit then
            break
        end
        local bytes, dropped = history.drop(id, removal.key, removal.revision, limit - count)
        count, freed = count + dropped, freed + bytes
        if count < limit then
            box.space.removals:delete({id, removal.revision, removal.key})
            count = count + 1
        end
    end
    free(id, freed)
    return count
end

-- Checks up to `limit` namespaces with removed pairs, and deletes up to `limit` tuples, in a transaction a namespace; returns how
-- many.
local function sweep_removed(limit)
    local count = 0
    for _ = 1, limit do
        local first = box.space.removals:select({last_id}, {iterator = 'GT', limit = 1})[1]
        if first == nil then
            last_id = 0
            break
        end
        count = count + box.atomic(drop_removed, first.namespace, limit - count)
        if count == limit then
            break
        end
        last_id = first.namespace
    end
    return count
end

-- Checks up to `limit` pairs of the namespace of the mark, from its key on, and deletes up to `limit` tuples of what they had.
local function trim_marked(mark, limit)
    local id, key = mark.namespace, mark.key
    local namespace = box.space.namespaces:get(id)
    local count, freed = 0, 0
    while namespace ~= nil and count < limit do
        local tuple = box.space.history:select({id, key}, {iterator = 'GE', limit = 1})[1]
        if tuple == nil or tuple.namespace ~= id then
            box.space.history_trims:delete(id)
            break
        end
        key = tuple.key
        local bytes, trimmed = history.trim(id, key, namespace.history_kept, limit - count)
        freed, count = freed + bytes, count + trimmed
        if count < limit then
            if namespace.history_kept > 0 and box.space.pairs:get({id, key}) == nil then
                -- It may have been removed while nothing was kept, and nothing has marked it then.
                history.mark_removed(id, key, namespace.revision)
            end
            key = key .. '\0' -- no key has a byte 0: this is where the next one begins
            count = count + 1
        end
        box.space.history_trims:replace({id, key})
    end
    if namespace ~= nil then
        free(id, freed)
    end
    return count
end

-- Trims up to `limit` pairs of a namespace whose setting was lowered, in a transaction; returns how many tuples and pairs.
local function sweep_lowered(limit)
    local mark = box.space.history_trims.index.namespace:min()
    return mark ~= nil and box.atomic(trim_marked, mark, limit) or 0
end

return {sweep_removed = sweep_removed, sweep_lowered = sweep_lowered}
