-- What key_value_service may ask for about changes. Functions are called over the network as `changes.NAME`.
-- A tuple of the log is {namespace id, last revision, first revision, {{kind, key[, value[, expiry]]}, …}}: the changes of one
-- transaction, or a part of them, with consecutive revisions.

local fiber = require('fiber')
local change_log = require('key_value_tarantool.change_log')
local durability = require('key_value_tarantool.durability')
local namespaces = require('key_value_tarantool.namespaces')
local refusals = require('key_value_tarantool.refusals')

local ID, REVISION = namespaces.FIELDS.ID, namespaces.FIELDS.REVISION

-- Where a follower of a namespace begins: {id, revision up to which all is on disk, oldest kept revision}.
local function attach(name)
    local namespace = namespaces.find(name)
    if namespace == nil then
        return refusals.NO_NAMESPACE
    end
    local id = namespace[ID]
    return {id, durability.find(id, namespace[REVISION]), change_log.find_oldest(id, namespace[REVISION])}
end

-- What came behind a revision and is on disk: {id, revision, oldest kept revision, tuples of the log}, or nil if nothing did.
local function collect(id, after, most_bytes)
    local namespace, is_on_disk = namespaces.look(id)
    if namespace == nil then
        return is_on_disk and {id, -1, -1, {}} or nil
    end
    local revision = durability.find(id, namespace[REVISION])
    if after >= revision then
        return nil
    end
    local found, bytes = {}, 0
    for _, logged in box.space.changes:pairs({id, after}, {iterator = 'GT'}) do
        if logged[change_log.NAMESPACE] ~= id or logged[change_log.LAST] > revision or bytes >= most_bytes then
            break
        end
        found[#found + 1] = logged
        bytes = bytes + logged:bsize()
    end
    return {id, revision, change_log.find_oldest(id, namespace[REVISION]), found}
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
        durability.news:wait(left)
    end
end

return {attach = attach, follow = follow}
