-- Stored functions of key_value_service for changes, called as `changes.NAME`; see common/refusals.lua.
-- A tuple of the log is {namespace id, last revision, first revision, {{kind, key[, value[, expiry]]}, …}}: the changes of one
-- transaction, or a part of them, with consecutive revisions.

local fiber = require('fiber')
local change_log = require('key_value_tarantool.change_log')
local durability = require('key_value_tarantool.durability')
local leadership = require('common.leadership')
local lost_revisions = require('key_value_tarantool.lost_revisions')
local namespaces = require('key_value_tarantool.namespaces')
local refusals = require('key_value_tarantool.refusals')

local ID, REVISION = namespaces.FIELDS.ID, namespaces.FIELDS.REVISION

-- Where a follower of a namespace begins. Returns {id, revision up to which all is on disk, oldest kept revision[, gaps of lost
-- revisions, from the oldest on]}.
local function attach(name)
    local namespace = namespaces.find(name)
    if namespace == nil then
        return refusals.NO_NAMESPACE
    end
    local id = namespace[ID]
    local revision = durability.durable_revision(id, namespace[REVISION])
    return {id, revision, change_log.oldest_revision(id, namespace[REVISION]), lost_revisions.find(id)}
end

-- The oldest revision that a follower behind `after` needs to be kept: later than the next one where that is lost.
local function oldest_for(id, after, revision)
    local oldest = change_log.oldest_revision(id, revision)
    local position, floor = lost_revisions.resume(id, after)
    if position == nil then
        return math.max(oldest, floor + 1)
    end
    return position > after and oldest <= position + 1 and after + 1 or oldest
end

-- Changes after a revision that are on disk: {id, revision, oldest kept revision, tuples of the log}, or nil. Where revisions are
-- lost, there may be none although the revision is greater.
local function collect(id, after, max_bytes)
    local namespace, is_on_disk = namespaces.get(id)
    if namespace == nil then
        return is_on_disk and {id, -1, -1, {}} or nil
    end
    local revision = durability.durable_revision(id, namespace[REVISION])
    if after >= revision then
        return nil
    end
    local found, bytes = {}, 0
    for _, logged in box.space.changes:pairs({id, after}, {iterator = 'GT'}) do
        if logged[change_log.NAMESPACE] ~= id or logged[change_log.LAST] > revision or bytes >= max_bytes then
            break
        end
        found[#found + 1] = logged
        bytes = bytes + logged:bsize()
    end
    return {id, revision, oldest_for(id, tonumber(after), namespace[REVISION]), found}
end

-- Waits up to `wait` seconds for changes after one of the cursors, {id, revision} each. Returns what `collect` returns for those
-- that have some; revision -1 stands for a namespace that was deleted. In all some `max_bytes`, or one tuple a cursor.
-- Ends as soon as `goes_on` returns false.
local function follow_while(goes_on, cursors, wait, max_bytes)
    local deadline = fiber.clock() + wait
    while true do
        local found = {}
        for _, cursor in ipairs(cursors) do
            found[#found + 1] = collect(cursor[1], cursor[2], max_bytes / #cursors)
        end
        local left = deadline - fiber.clock()
        if #found > 0 or left <= 0 or not goes_on() then
            return found
        end
        durability.progress:wait(left)
    end
end

local function follow(cursors, wait, max_bytes)
    return follow_while(leadership.is_leading, cursors, wait, max_bytes)
end

-- As `follow`, on an instance that does not lead.
local function follow_replicated(cursors, wait, max_bytes)
    return follow_while(function() return true end, cursors, wait, max_bytes)
end

return {attach = attach, follow = follow, follow_replicated = follow_replicated}
