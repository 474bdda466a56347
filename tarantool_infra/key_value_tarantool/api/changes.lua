-- What key_value_service may ask for about changes. Functions are called over the network as `changes.NAME`.
-- A tuple of the log is {namespace id, last revision, first revision, {{kind, key[, value[, expiry]]}, …}}: the changes of one
-- transaction, or a part of them, with consecutive revisions.

local fiber = require('fiber')
local changes = require('key_value_tarantool.changes')
local namespaces = require('key_value_tarantool.namespaces')

local ID, REVISION = namespaces.FIELDS.ID, namespaces.FIELDS.REVISION

-- The oldest revision that is kept, the next one to come if none is.
local function find_oldest(namespace)
    local oldest = box.space.changes.index.revision:min({namespace[ID]})
    return oldest ~= nil and oldest[3] or namespace[REVISION] + 1
end

-- Where a follower of a namespace begins: {id, revision up to which all is on disk, oldest kept revision}.
local function attach(name)
    local namespace = namespaces.find(name)
    if namespace == nil then
        return changes.NO_NAMESPACE
    end
    return {namespace[ID], changes.find_durable(namespace), find_oldest(namespace)}
end

-- What came behind a revision and is on disk: {id, revision, oldest kept revision, tuples of the log}, or nil if nothing did.
local function collect(id, after, most_bytes)
    local namespace = box.space.namespaces:get(id)
    if namespace == nil then
        return {id, -1, -1, {}}
    end
    local revision = changes.find_durable(namespace)
    if after >= revision then
        return nil
    end
    local found, bytes = {}, 0
    for _, logged in box.space.changes:pairs({id, after}, {iterator = 'GT'}) do
        if logged[ID] ~= id or logged[2] > revision or bytes >= most_bytes then
            break
        end
        found[#found + 1] = logged
        bytes = bytes + logged:bsize()
    end
    return {id, revision, find_oldest(namespace), found}
end

-- Waits up to `wait` seconds for something behind one of these {id, revision}; returns what `collect` returns for those that have
-- something, revision -1 standing for a namespace that is no more. In all, some `most_bytes` or one tuple each.
local function follow(cursors, wait, most_bytes)
    local deadline = fiber.clock() + wait
    while true do
        local found = {}
        for _, cursor in ipairs(cursors) do
            found[#found + 1] = collect(cursor[1], cursor[2], most_bytes / #cursors)
        end
        local left = deadline - fiber.clock()
        if #found > 0 or left <= 0 then
            return found
        end
        changes.news:wait(left)
    end
end

return {attach = attach, follow = follow}
