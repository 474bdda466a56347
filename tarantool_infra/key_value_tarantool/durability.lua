-- What is on disk. memtx shows a change to everybody before the write-ahead log has it, and a crash would take it back. Who has
-- seen a revision waits until that is on disk; and for those who find nothing, it is remembered which keys are being deleted.

local fiber = require('fiber')

local durable = {} -- by namespace id: up to which revision all is on disk; nil: all is
local deletions = {} -- by namespace id: by key, the revision with which its deletion is on disk
local rollbacks = 0
local news = fiber.cond()

local NONE = {}

-- Up to which revision all of a namespace's changes are on disk; `revision` is its last.
local function find(id, revision)
    return durable[id] or revision
end

-- The revisions, by key, with which the deletions that are under way will be on disk.
local function find_deletions(id)
    return deletions[id] or NONE
end

-- Returns true as soon as the revision is on disk, false if something has been rolled back: what was read may not be true.
local function wait(id, revision)
    if (durable[id] or revision) >= revision then
        return true
    end
    local before = rollbacks
    while (durable[id] or revision) < revision do
        news:wait()
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

-- Commits the transaction that leads a namespace from one revision to another and deletes these keys. Returns once the
-- write-ahead log has it all.
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
    news:broadcast()
    if not committed then
        error(reason, 0)
    end
end

-- For a namespace that has been deleted: all that was changed in it is on disk by then.
local function forget(id)
    durable[id], deletions[id] = nil, nil
    news:broadcast()
end

return {find = find, find_deletions = find_deletions, wait = wait, commit = commit, forget = forget, news = news}
