-- The one place where pairs change. Each change of a pair takes the next revision of its namespace; the pair, the log of changes
-- and the namespace's tuple are written in one transaction. To renew a pair's expiry is no change: only the pair is written.

local PAIR = require('key_value_tarantool.pair')
local change_log = require('key_value_tarantool.change_log')
local clock = require('clock')
local durability = require('key_value_tarantool.durability')
local history = require('key_value_tarantool.history')
local memory = require('key_value_tarantool.memory')
local namespaces = require('key_value_tarantool.namespaces')
local packed = require('key_value_tarantool.packed')
local refusals = require('key_value_tarantool.refusals')

local DELETED, EXPIRED = change_log.DELETED, change_log.EXPIRED

local FIELDS = namespaces.FIELDS
local LOOKUP = PAIR.LOOKUP
local REVISION, CREATED_REVISION, VERSION = PAIR.REVISION, PAIR.CREATED_REVISION, PAIR.VERSION
local EXPIRES_AT = PAIR.EXPIRES_AT
local is_expired = PAIR.is_expired

-- Instead of a TTL: for ever, whatever the namespace's default is.
local FOR_EVER = -1
-- Instead of an expected revision, or of several: any, of a pair that exists.
local ANY = -1

local NO_NAMESPACE = refusals.NO_NAMESPACE
local NONE = {}

-- Milliseconds since 1970-01-01 UTC.
local function now()
    return math.floor(clock.realtime() * 1000)
end

local Changes = {}
Changes.__index = Changes

-- The log, and the history, keep the removed value as long as memory is not short, and as long as the log can hold what the
-- transaction removes.
function Changes:remove(pair, kind, key)
    local bytes = packed.bytes(pair)
    local keeps_value = self.logged < change_log.MAX_BYTES and memory.has_room(bytes)
    self.revision = self.revision + 1
    self.logged = self.logged + change_log.add_removed(self.id, self.revision, kind, key, keeps_value and pair or nil)
    self.pairs = self.pairs - 1
    self.bytes = self.bytes - bytes
    if self.history_kept > 0 then
        if keeps_value then
            self.bytes = self.bytes + history.add(self.id, key, pair, self.history_kept)
        end
        history.mark_removed(self.id, key, self.revision)
    end
    packed.delete(self.space, packed.make_key(self.id, key))
    self.deleted = self.deleted == NONE and {} or self.deleted
    table.insert(self.deleted, key)
end

-- The pair's packed tuple, valid until the next call of anything here, or nil. A pair that has expired and was not swept yet
-- is deleted now.
function Changes:locate(key)
    local pair = packed.get(self.space, packed.make_key(self.id, key), LOOKUP)
    if pair == nil then
        return nil
    end
    if is_expired(pair, self.now) then
        self:remove(pair, EXPIRED, key)
        return nil
    end
    return pair
end

-- The pair's tuple, or nil.
function Changes:find(key)
    return self:locate(key) ~= nil and box.space.pairs:get({self.id, key}) or nil
end

-- The revision of a pair, 0 where there is none.
function Changes:revision_of(key)
    local pair = self:locate(key)
    return pair ~= nil and packed.number(pair, REVISION) or 0
end

-- Inserts or replaces a pair; `value` as in packed.put_value, `expires_at` in milliseconds since 1970-01-01 UTC, or nil. Returns
-- whether it is new.
-- Raises Tarantool's error where memory is full.
function Changes:put(key, value, expires_at)
    local bytes_of_texts = #key + packed.value_bytes(value)
    memory.claim(bytes_of_texts)
    expires_at = tonumber(expires_at)
    local pair = self:locate(key)
    local is_new = pair == nil
    local revision = self.revision + 1
    local created, version = revision, 1
    if is_new then
        self.pairs = self.pairs + 1
    else
        created, version = packed.number(pair, CREATED_REVISION), packed.number(pair, VERSION) + 1
        self.bytes = self.bytes - packed.bytes(pair)
        if self.history_kept > 0 then
            memory.claim(packed.bytes(pair))
            self.bytes = self.bytes + history.add(self.id, key, pair, self.history_kept)
        end
    end
    self.has_put = true
    local place = packed.begin(expires_at == nil and 6 or 7, bytes_of_texts)
    place = packed.put_number(place, self.id)
    place = packed.put_text(place, key)
    place = packed.put_value(place, value)
    place = packed.put_number(place, revision)
    place = packed.put_number(place, created)
    place = packed.put_number(place, version)
    if expires_at ~= nil then
        place = packed.put_number(place, expires_at)
    end
    self.bytes = self.bytes + packed.replace(self.space, place)
    self.revision = revision
    self.logged = self.logged + change_log.add_written(self.id, revision, key, value, expires_at)
    return is_new
end

-- The expiry of a pair that is written now, or nil. `ttl` in milliseconds; null: the namespace's default; or FOR_EVER.
function Changes:expiry(ttl)
    if ttl == nil then
        ttl = packed.number(self.namespace, FIELDS.DEFAULT_TTL)
    end
    if ttl == nil or ttl == FOR_EVER then
        return nil
    end
    return self.now + ttl
end

-- Lets a pair that expires (its packed tuple) expire at another time, with the same revision. The tuple keeps its size, and
-- goes on when memory is full, as deletions do.
function Changes:renew(pair, key, expires_at)
    memory.account(packed.bytes(pair))
    local stop_of_key = packed.put_text(packed.put_number(packed.begin(2, #key + 5 * packed.MAX_OVERHEAD), self.id), key)
    local place = packed.put_assignment(packed.put_array(stop_of_key, 1), EXPIRES_AT, expires_at)
    packed.update(self.space, stop_of_key, place)
    self.renewed = self.renewed == NONE and {} or self.renewed
    table.insert(self.renewed, key)
end

-- Deletes a pair; returns whether there was one.
function Changes:delete(key)
    local pair = self:locate(key)
    if pair == nil then
        return false
    end
    self:remove(pair, DELETED, key)
    return true
end

-- Whether a pair's revision, 0 where there is none, is ANY or in an array of revisions.
local function is_among(revision, revisions)
    if revisions == ANY then
        return revision > 0
    end
    for _, one in ipairs(revisions) do
        if one == revision then
            return true
        end
    end
    return false
end

-- Whether a pair's revision is as expected: that revision (0: no pair), ANY, or {those of which it must have one, those of which
-- it must have none}, each ANY, an array or null.
local function is_as_expected(revision, expected)
    if type(expected) ~= 'table' then
        return revision == expected or (expected == ANY and revision > 0)
    end
    local match, none_match = expected[1], expected[2]
    return (match == nil or is_among(revision, match)) and (none_match == nil or not is_among(revision, none_match))
end

-- The refusal where revisions of pairs do not match the expected ones, or nil.
function Changes:conflict(expected)
    if expected == nil or next(expected) == nil then
        return nil
    end
    local conflicts = {}
    for key, revision in pairs(expected) do
        local current = self:revision_of(key)
        if not is_as_expected(current, revision) then
            conflicts[#conflicts + 1] = {key, current}
        end
    end
    return #conflicts > 0 and refusals.conflict(conflicts) or nil
end

-- The refusal where the changes exceed a quota, or nil: removals never do, though the history may grow by what they remove.
function Changes:quota_refusal()
    if not self.has_put then
        return nil
    end
    local namespace = self.namespace
    local quota_pairs, quota_bytes = packed.number(namespace, FIELDS.QUOTA_PAIRS), packed.number(namespace, FIELDS.QUOTA_BYTES)
    if self.pairs > 0 and quota_pairs ~= nil and packed.number(namespace, FIELDS.PAIRS) + self.pairs > quota_pairs then
        return refusals.quota('pairs', quota_pairs)
    end
    if self.bytes > 0 and quota_bytes ~= nil and packed.number(namespace, FIELDS.BYTES) + self.bytes > quota_bytes then
        return refusals.quota('bytes', quota_bytes)
    end
    return nil
end

-- Writes the log and the namespace's totals.
function Changes:settle()
    local id, namespace, revision = self.id, self.namespace, self.revision
    local logged = self.logged + change_log.write(id, revision)
    local log_bytes = packed.number(namespace, FIELDS.LOG_BYTES) + logged
    local changes_kept = packed.number(namespace, FIELDS.CHANGES_KEPT)
    -- When memory is full, older changes are trimmed so that deletions can go on.
    local kept_bytes = memory.account(logged) and self.bytes < 0 and logged or change_log.MAX_BYTES
    log_bytes = log_bytes - change_log.trim(id, revision, changes_kept, log_bytes, kept_bytes, revision - self.before + 2)
    local pairs = packed.number(namespace, FIELDS.PAIRS) + self.pairs
    local bytes = packed.number(namespace, FIELDS.BYTES) + self.bytes
    namespaces.set_totals(id, revision, pairs, bytes, log_bytes)
end

-- Whether there is something to commit.
function Changes:has_changed()
    return self.revision > self.before or self.renewed ~= NONE
end

-- Returns once the changes are on disk.
function Changes:commit()
    durability.commit(self.id, self.before, self.revision, self.deleted, self.renewed)
end

local function begin(namespace)
    local revision = packed.number(namespace, FIELDS.REVISION)
    box.begin()
    change_log.begin()
    return setmetatable({
        namespace = namespace,
        id = packed.number(namespace, FIELDS.ID),
        space = box.space.pairs.id,
        before = revision,
        revision = revision,
        pairs = 0,
        bytes = 0,
        logged = 0, -- bytes
        deleted = NONE, -- keys
        renewed = NONE, -- keys
        is_tried_again = false, -- whether the service tries again where this is refused
        has_put = false,
        history_kept = packed.number(namespace, FIELDS.HISTORY_KEPT) or 0,
        now = now(),
    }, Changes)
end

-- Does all but the commit. Returns what `work` returns, or nil and a refusal.
local function work_and_settle(changes, expected, work, ...)
    local conflict = changes:conflict(expected)
    if conflict ~= nil then
        return nil, conflict
    end
    local result, refusal = work(changes, ...)
    if refusal == nil and changes.revision > changes.before then
        refusal = changes:quota_refusal()
        if refusal == nil then
            changes:settle()
        end
    end
    return result, refusal
end

-- Runs `work` with the changes of one transaction in the namespace of that name, and its other arguments. Returns what it
-- returns, once that is on disk. Where it refuses (`return nil, refusal`), a quota is exceeded, or pairs have not the revisions
-- in `expected` (by key, as in is_as_expected; nil: nothing is expected), nothing is changed and the refusal is returned.
local apply
apply = function(name, expected, work, ...)
    local namespace = namespaces.locate(name)
    if namespace == nil then
        return NO_NAMESPACE
    end
    local changes = begin(namespace)
    local worked, result, refusal = pcall(work_and_settle, changes, expected, work, ...)
    if worked and refusal == nil and changes:has_changed() then
        changes:commit()
        return result
    end
    box.rollback()
    if not worked then
        error(result, 0)
    end
    -- What was read for the result may not be on disk yet.
    if durability.wait(changes.id, changes.before) then
        return refusal or result
    end
    return apply(name, expected, work, ...)
end

local Reading = {}
Reading.__index = Reading

-- The pair's packed tuple, valid until the next call of anything here, or nil.
function Reading:locate(key)
    local pair = packed.get(self.space, packed.make_key(self.id, key), LOOKUP)
    if pair == nil then
        self.newest = math.max(self.newest, self.deletions[key] or 0)
        return nil
    end
    self.newest = math.max(self.newest, packed.number(pair, REVISION))
    local expires_at = packed.number(pair, EXPIRES_AT)
    if expires_at == nil then
        return pair
    end
    self.renewal = math.max(self.renewal, self.renewals[key] or 0)
    return expires_at > self.now and pair or nil
end

-- The pair's tuple, or nil.
function Reading:find(key)
    return self:locate(key) ~= nil and box.space.pairs:get({self.id, key}) or nil
end

-- Runs `work` on a consistent view of the namespace of that name. Returns {what `work` returns, the revision that it reflects},
-- once all that it has seen is on disk. `work` must not yield.
local read
read = function(name, work, ...)
    local namespace = namespaces.locate(name)
    if namespace == nil then
        return NO_NAMESPACE
    end
    local id, revision = packed.number(namespace, FIELDS.ID), packed.number(namespace, FIELDS.REVISION)
    local reading = setmetatable({
        id = id,
        space = box.space.pairs.id,
        deletions = durability.pending_deletions(id),
        renewals = durability.pending_renewals(id),
        newest = durability.least_seen(revision),
        renewal = 0,
        now = now(),
    }, Reading)
    local result = work(reading, ...)
    if durability.wait(id, reading.newest, reading.renewal) then
        return {result, math.min(revision, durability.durable_revision(id, revision))}
    end
    return read(name, work, ...)
end

return {
    begin = begin,
    work_and_settle = work_and_settle,
    apply = apply,
    read = read,
    now = now,
}
