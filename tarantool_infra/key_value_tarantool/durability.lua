-- What is on disk: of this machine, and in a replica set of a quorum, so that no failover takes it back. memtx shows a change to
-- all fibers before the write-ahead log has it, and a crash would undo it. A reader that has seen a revision waits until that is
-- on disk; for readers that find nothing, the keys that are being deleted are kept here. The renewal of a pair's expiry takes no
-- revision: renewals have numbers of their own, kept here by key until they are on disk.

local fiber = require('fiber')

local leadership = require('common.leadership')

local durable = {} -- by namespace id: the revision up to which all is on disk; nil: all is
local deletions = {} -- by namespace id: by key, the revision with which its deletion is on disk
local renewals = {} -- by namespace id: by key, the number of the renewal with which its expiry is on disk
local last_renewals = {} -- by namespace id
local last_renewal, ended_renewal = 0, 0 -- renewals reach the disk in order, or are rolled back
local rollbacks = 0
local progress = fiber.cond() -- signalled after each commit of changes
local renewal_progress = fiber.cond() -- signalled after each commit of renewals: followers of changes need not wake up for it

local is_following = false

local NONE = {}

-- The revision up to which all of a namespace's changes are on disk; `revision` is its last.
local function durable_revision(id, revision)
    return durable[id] or revision
end

-- By key, the revisions of deletions that are not on disk yet.
local function pending_deletions(id)
    return deletions[id] or NONE
end

-- By key, the numbers of renewals that are not on disk yet.
local function pending_renewals(id)
    return renewals[id] or NONE
end

-- Waits until the revision, and the renewals up to a number (nil: all in the namespace), are on disk, then returns true; false
-- where a transaction was rolled back, so that what was read may be wrong.
local function wait(id, revision, renewal)
    renewal = renewal or last_renewals[id] or 0
    if (durable[id] or revision) >= revision and ended_renewal >= renewal then
        return true
    end
    local before = rollbacks
    while (durable[id] or revision) < revision or ended_renewal < renewal do
        local condition = ended_renewal < renewal and renewal_progress or progress
        condition:wait()
        if rollbacks ~= before then
            return false
        end
    end
    return true
end

-- `pending`: deletions or renewals.
local function begin(pending, id, keys, number)
    local of_namespace = pending[id]
    if of_namespace == nil then
        of_namespace = {}
        pending[id] = of_namespace
    end
    for _, key in ipairs(keys) do
        of_namespace[key] = number
    end
end

local function finish(pending, id, keys, number)
    local of_namespace = pending[id] or NONE
    for _, key in ipairs(keys) do
        if of_namespace[key] == number then
            of_namespace[key] = nil
        end
    end
end

-- Commits the transaction that takes a namespace from one revision to another, deletes some keys and renews others. Returns once
-- the write-ahead log has it.
local function commit(id, before, revision, deleted_keys, renewed_keys)
    local renewal = 0
    durable[id] = durable[id] or before
    if #deleted_keys > 0 then
        begin(deletions, id, deleted_keys, revision)
    end
    if #renewed_keys > 0 then
        renewal = last_renewal + 1
        last_renewal, last_renewals[id] = renewal, renewal
        begin(renewals, id, renewed_keys, renewal)
    end
    local committed, reason = pcall(box.commit)
    if #deleted_keys > 0 then
        finish(deletions, id, deleted_keys, revision)
    end
    if renewal > 0 then
        finish(renewals, id, renewed_keys, renewal)
    end
    ended_renewal = math.max(ended_renewal, renewal)
    if not committed then
        rollbacks = rollbacks + 1
    elseif durable[id] ~= nil and durable[id] < revision then
        durable[id] = revision
    end
    if renewal > 0 or not committed then
        renewal_progress:broadcast()
    end
    if revision > before or not committed then
        progress:broadcast()
    end
    if not committed then
        error(reason, 0)
    end
end

-- On an instance that follows the leader: what replication writes is durable once it is committed here.
local function note_replicated(old, new)
    if new == nil or box.session.type() ~= 'applier' then
        return
    end
    local id, revision = new.id, new.revision
    durable[id] = durable[id] or (old ~= nil and old.revision or revision)
    box.on_commit(function()
        durable[id] = math.max(durable[id] or 0, revision)
        progress:broadcast()
    end)
    box.on_rollback(function()
        rollbacks = rollbacks + 1
        progress:broadcast()
    end)
end

local function forget()
    durable, deletions, renewals, last_renewals = {}, {}, {}, {}
end

-- Begins to follow what the leader does: a reader then waits for all that it may have seen, deletions included.
local function follow()
    if not is_following then
        is_following = true
        forget() -- what an earlier term has left
        box.space.namespaces:on_replace(note_replicated)
    end
end

-- The revision that a reader of pairs has seen at least; `revision` is the namespace's.
local function least_seen(revision)
    return is_following and revision or 0
end

-- All of a namespace's changes are on disk, and its last revision is this one: nothing may change meanwhile.
local function reach(id, revision)
    durable[id] = durable[id] ~= nil and revision or nil
    progress:broadcast()
end

-- Drops the state of a namespace that has been deleted: all its changes are on disk by then.
local function drop(id)
    durable[id], deletions[id], renewals[id], last_renewals[id] = nil, nil, nil, nil
    progress:broadcast()
end

-- A leader has been elected when all that it has is confirmed; what this member has kept from an earlier term is outdated.
leadership.on_renew(function()
    if is_following then
        is_following = false
        box.space.namespaces:on_replace(nil, note_replicated)
    end
    forget()
end)

-- Followers that wait here end, to follow the new leader.
leadership.on_lose(function()
    progress:broadcast()
    renewal_progress:broadcast()
end)

return {
    durable_revision = durable_revision,
    pending_deletions = pending_deletions,
    pending_renewals = pending_renewals,
    wait = wait,
    commit = commit,
    follow = follow,
    least_seen = least_seen,
    reach = reach,
    drop = drop,
    progress = progress,
}
