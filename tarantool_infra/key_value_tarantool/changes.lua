-- The one place where pairs change. Every change of a pair takes the next number of its namespace, its revision; the pair, the
-- log of changes and the namespace's tuple are written in one transaction.
--
-- memtx shows a change to everybody before the write-ahead log has it, and a crash would take it back. So it is remembered which
-- keys are being written, and whoever reads one of these waits until what was read is on disk.

local clock = require('common.clock')
local fiber = require('fiber')
local memory = require('key_value_tarantool.memory')
local namespaces = require('key_value_tarantool.namespaces')
local settings = require('common.settings')

local WRITTEN, DELETED, EXPIRED = 'written', 'deleted', 'expired'

local FIELDS = namespaces.FIELDS
local ID, REVISION, PAIRS, BYTES, LOG_BYTES = FIELDS.ID, FIELDS.REVISION, FIELDS.PAIRS, FIELDS.BYTES, FIELDS.LOG_BYTES
-- Of a pair's tuple.
local KEY, CREATED, VERSION, EXPIRES_AT = 2, 5, 6, 7

-- A tuple of the log holds so many bytes, and one change more: it must fit in a tuple however much is written at once.
local LOGGED_TOGETHER = 512 * 1024
local MOST_LOG_BYTES = math.min(64 * 1024 * 1024, settings.memtx_memory / 4)

-- Instead of milliseconds to live: for ever, whatever the namespace's default is.
local FOR_EVER = -1

local NO_NAMESPACE = {'no namespace'}

local in_flight = {} -- by namespace id: the revision at which each key that is being written is settled
local durable = {} -- by namespace id: up to which revision all is on disk
local rollbacks = 0
local news = fiber.cond()

local function now()
    return math.floor(clock.now() / 1000)
end

local function is_expired(pair, moment)
    local expires_at = pair[EXPIRES_AT]
    return expires_at ~= nil and expires_at <= moment
end

-- Up to which revision all of a namespace's changes are on disk.
local function find_durable(namespace)
    return durable[namespace[ID]] or namespace[REVISION]
end

-- Returns true as soon as the revision is on disk, false if something has been rolled back: what was read may not be true.
local function wait_until_durable(id, revision)
    local before = rollbacks
    while (durable[id] or revision) < revision do
        news:wait()
        if rollbacks ~= before then
            return false
        end
    end
    return true
end

-- For a namespace that has been deleted: all that was changed in it is on disk by then.
local function forget(id)
    in_flight[id], durable[id] = nil, nil
    news:broadcast()
end

-- The oldest revision that is kept, the next one to come if none is.
local function find_oldest(namespace)
    local oldest = box.space.changes.index.revision:min({namespace[ID]})
    return oldest ~= nil and oldest[3] or namespace[REVISION] + 1
end

local Changes = {}
Changes.__index = Changes

function Changes:append(kind, key, value, expires_at)
    self.revision = self.revision + 1
    self.made[#self.made + 1] = {kind, key, value, expires_at}
end

function Changes:remove(pair, kind)
    local key, expires_at = pair[KEY], pair[EXPIRES_AT]
    box.space.pairs:delete({self.id, key})
    if expires_at ~= nil then
        box.space.expirations:delete({expires_at, self.id, key})
    end
    self.pairs = self.pairs - 1
    self.bytes = self.bytes - pair:bsize()
    self:append(kind, key)
end

-- The pair's tuple, or nil. One that has expired and was not swept yet expires now.
function Changes:find(key)
    local pair = box.space.pairs:get({self.id, key})
    if pair ~= nil and is_expired(pair, self.now) then
        self:remove(pair, EXPIRED)
        return nil
    end
    return pair
end

-- Inserts or replaces a pair; `expires_at` in milliseconds since 1970-01-01 UTC, or nil. Returns whether it is new.
-- Raises what Tarantool raises when it has no memory left.
function Changes:put(key, value, expires_at)
    memory.claim(#key + #value)
    local pair = self:find(key)
    self:append(WRITTEN, key, value, expires_at)
    local revision = self.revision
    local created, version = revision, 1
    if pair ~= nil then
        created, version = pair[CREATED], pair[VERSION] + 1
        self.bytes = self.bytes - pair:bsize()
        local expired_at = pair[EXPIRES_AT]
        if expired_at ~= nil and expired_at ~= expires_at then
            box.space.expirations:delete({expired_at, self.id, key})
        end
    else
        self.pairs = self.pairs + 1
    end
    local written = box.space.pairs:replace({self.id, key, value, revision, created, version, expires_at})
    if expires_at ~= nil then
        box.space.expirations:replace({expires_at, self.id, key})
    end
    self.bytes = self.bytes + written:bsize()
    return pair == nil
end

-- When a pair expires that is written now, or nil. `ttl` in milliseconds; null: the namespace's default; FOR_EVER.
function Changes:find_expiry(ttl)
    if ttl == nil then
        ttl = self.namespace.default_ttl
    end
    if ttl == nil or ttl == FOR_EVER then
        return nil
    end
    return self.now + ttl
end

-- Deletes a pair; returns whether there was one.
function Changes:delete(key)
    local pair = self:find(key)
    if pair == nil then
        return false
    end
    self:remove(pair, DELETED)
    return true
end

-- The revision of a pair, 0 where there is none.
function Changes:find_revision(key)
    local pair = self:find(key)
    return pair ~= nil and pair[4] or 0
end

function Changes:write_log()
    local made, bytes = self.made, 0
    local first, together, size = self.first, {}, 0
    for position, change in ipairs(made) do
        together[#together + 1] = change
        size = size + #change[2] + #(change[3] or '')
        if size >= LOGGED_TOGETHER or position == #made then
            local last = self.first + position - 1
            bytes = bytes + box.space.changes:insert({self.id, last, first, together}):bsize()
            first, together, size = last + 1, {}, 0
        end
    end
    return bytes
end

-- Forgets changes that are too many or take more than `kept_bytes`: at most `most` tuples of the log. Returns how many bytes it
-- has become shorter, and how many tuples.
local function trim(id, revision, changes_kept, log_bytes, kept_bytes, most)
    local freed = 0
    for count = 0, most - 1 do
        local oldest = box.space.changes.index.revision:min({id})
        if oldest == nil or (oldest[2] > revision - changes_kept and log_bytes - freed <= kept_bytes) then
            return freed, count
        end
        freed = freed + oldest:bsize()
        box.space.changes:delete({id, oldest[2]})
    end
    return freed, most
end

function Changes:exceeds_quota()
    local namespace = self.namespace
    local quota_pairs, quota_bytes = namespace.quota_pairs, namespace.quota_bytes
    if self.pairs > 0 and quota_pairs ~= nil and namespace[PAIRS] + self.pairs > quota_pairs then
        return {'quota', 'pairs', quota_pairs}
    end
    if self.bytes > 0 and quota_bytes ~= nil and namespace[BYTES] + self.bytes > quota_bytes then
        return {'quota', 'bytes', quota_bytes}
    end
    return nil
end

function Changes:settle()
    local namespace = self.namespace
    local logged = self:write_log()
    local log_bytes = namespace[LOG_BYTES] + logged
    -- Older changes give way to deletions when memory is full.
    local kept_bytes = memory.note(logged) and self.bytes < 0 and logged or MOST_LOG_BYTES
    local freed = trim(self.id, self.revision, namespace.changes_kept, log_bytes, kept_bytes, #self.made + 2)
    box.space.namespaces:update(self.id, {
        {'=', REVISION, self.revision},
        {'+', PAIRS, self.pairs},
        {'+', BYTES, self.bytes},
        {'+', LOG_BYTES, logged - freed},
    })
end

function Changes:commit()
    local id, revision = self.id, self.revision
    if durable[id] == nil then
        durable[id] = self.namespace[REVISION]
    end
    local keys = in_flight[id]
    if keys == nil then
        keys = {}
        in_flight[id] = keys
    end
    for _, change in ipairs(self.made) do
        keys[change[2]] = revision
    end
    local committed, reason = pcall(box.commit) -- it returns when the write-ahead log has all
    for _, change in ipairs(self.made) do
        if keys[change[2]] == revision then
            keys[change[2]] = nil
        end
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

local function begin(namespace)
    local revision = namespace[REVISION]
    box.begin()
    return setmetatable({
        namespace = namespace,
        id = namespace[ID],
        first = revision + 1,
        revision = revision,
        pairs = 0,
        bytes = 0,
        made = {},
        now = now(),
    }, Changes)
end

-- Does all but the commit. Returns what `work` returns.
local function work_and_settle(changes, work, ...)
    local result, refusal = work(changes, ...)
    if refusal == nil and changes.revision >= changes.first then
        refusal = changes:exceeds_quota()
        if refusal == nil then
            changes:settle()
        end
    end
    return result, refusal
end

-- Runs `work` with the changes of one transaction in the namespace of that name, and what else it takes. Returns what it returns,
-- once that is on disk. Where it returns a refusal beside (`return nil, {reason, …}`), or a quota is exceeded, nothing is changed
-- and the refusal is returned.
local function apply(name, work, ...)
    while true do
        local namespace = namespaces.find(name)
        if namespace == nil then
            return NO_NAMESPACE
        end
        local changes = begin(namespace)
        local worked, result, refusal = pcall(work_and_settle, changes, work, ...)
        if worked and refusal == nil and changes.revision >= changes.first then
            changes:commit()
            return result
        end
        box.rollback()
        if not worked then
            error(result, 0)
        end
        -- What was seen and is told may be on its way to the disk, too.
        if wait_until_durable(changes.id, namespace[REVISION]) then
            return refusal or result
        end
    end
end

-- Reads without changing, in the namespace of that name: `get(key)` returns the pair's tuple, or nil, as it stands at one moment.
-- Returns {what `work` returns, up to which revision that is told}, once all that it has seen is on disk. `work` must not yield.
local function read(name, work, ...)
    while true do
        local namespace = namespaces.find(name)
        if namespace == nil then
            return NO_NAMESPACE
        end
        local id, revision = namespace[ID], namespace[REVISION]
        local moment, keys, newest = now(), in_flight[id] or {}, 0
        local function get(key)
            newest = math.max(newest, keys[key] or 0)
            local pair = box.space.pairs:get({id, key})
            if pair ~= nil and is_expired(pair, moment) then
                return nil
            end
            return pair
        end
        local result = work(get, ...)
        if newest == 0 or wait_until_durable(id, newest) then
            return {result, math.min(revision, durable[id] or revision)}
        end
    end
end

return {
    EXPIRED = EXPIRED,
    NO_NAMESPACE = NO_NAMESPACE,
    MOST_LOG_BYTES = MOST_LOG_BYTES,
    apply = apply,
    read = read,
    trim = trim,
    now = now,
    news = news,
    is_expired = is_expired,
    find_durable = find_durable,
    find_oldest = find_oldest,
    forget = forget,
    wait_until_durable = wait_until_durable,
}
