-- What is on disk. memtx shows a change to all fibers before the write-ahead log has it, and a crash would undo it. A reader that
-- has seen a revision waits until that is on disk; for readers that find nothing, the keys that are being deleted are kept here.

local fiber = require('fiber')

local durable = {} -- by namespace id: the revision up to which all is on disk; nil: all is
local deletions = {} -- by namespace id: by key, the revision with which its deletion is on disk
local rollbacks = 0
local progress = fiber.cond() -- signalled after each commit

local NONE = {}

-- The revision up to which all of a namespace's changes are on disk; `revision` is its last.
local function durable_revision(id, revision)
    return durable[id] or revision
end

-- By key, the revisions of deletions that are not on disk yet.
local function pending_deletions(id)
    return deletions[id] or NONE
end

-- Waits until the revision is on disk, then returns true; false where a transaction was rolled back, so that what was read may be
-- wrong.
local function wait(id, revision)
    if (durable[id] or revision) >= revision then
        return true
    end
    local before = rollbacks
    while (durable[id] or revision) < revision do
        progress:wait()
        if rollbacks ~= before then
            return false
        end
    end
    return true
end

local function begin_deletions(id, keys, revision)
    local of_namespace = deletions[id]
    if of_namespace == nil then
        of_namespace = {}
        deletions[id] = of_namespace
    end
    for _, key in ipairs(keys) do
        of_namespace[key] = revision
    end
end

local function end_deletions(id, keys, revision)
    local of_namespace = deletions[id] or NONE
    for _, key in ipairs(keys) do
        if of_namespace[key] == revision then
            of_namespace[key] = nil
        end
    end
end

-- Commits the transaction that takes a namespace from one revision to another and deletes these keys. Returns once the
-- write-ahead log has it.
local function commit(id, before, revision, deleted_keys)
    durable[id] = durable[id] or before
    if #deleted_keys > 0 then
        begin_deletions(id, deleted_keys, revision)
    end
    local committed, reason = pcall(box.commit)
    if #deleted_keys > 0 then
        end_deletions(id, deleted_keys, revision)
    end
    if not committed then
        rollbacks = rollbacks + 1
    elseif durable[id] ~= nil and durable[id] < revision then
        durable[id] = revision
    end
    progress:broadcast()
    if not committed then
        error(reason, 0)
    end
end

-- Drops the state of a namespace that has been deleted: all its changes are on disk by then.
local function drop(id)
    durable[id], deletions[id] = nil, nil
    progress:broadcast()
end

return {
    durable_revision = durable_revision,
    pending_deletions = pending_deletions,
    wait = wait,
    commit = commit,
    drop = drop,
    progress = progress,
}
