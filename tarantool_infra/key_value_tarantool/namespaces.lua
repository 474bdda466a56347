-- Namespaces: a name, settings, and the totals of their pairs.
--
-- memtx shows a change to all fibers before the write-ahead log has it. A look-up of a namespace that is being created, changed
-- or deleted waits until that is on disk, so that no client sees a namespace, or its absence, that a crash undoes.

local clock = require('common.clock')
local fiber = require('fiber')
local memory = require('key_value_tarantool.memory')
local packed = require('key_value_tarantool.packed')

local DEFAULT = 'default'
local CHANGES_KEPT = 10000

-- Fields of a tuple that are read at every request.
local FIELDS = {
    ID = 1, NAME = 2, REVISION = 3, PAIRS = 4, BYTES = 5, LOG_BYTES = 6, CHANGES_KEPT = 9, QUOTA_PAIRS = 10, QUOTA_BYTES = 11,
    DEFAULT_TTL = 12, HISTORY_KEPT = 13,
}

-- The number of the index by name.
local BY_NAME = 1

local being_changed = {} -- by name and by id: number of the change
local last_begun = 0 -- number of a change
local pending = {} -- numbers of changes; one that changes nothing ends before those that began before it
local rollbacks = 0
local ended = fiber.cond()

local function is_pending(number)
    for other in pairs(pending) do
        if other <= number then
            return true
        end
    end
    return false
end

-- Returns when all changes up to this one have ended.
local function wait_until_settled(number)
    while is_pending(number) do
        ended:wait()
    end
end

-- The namespace's tuple, or nil.
local function find(name)
    while being_changed[name] ~= nil do
        wait_until_settled(being_changed[name])
    end
    return box.space.namespaces.index.name:get(name)
end

-- As `find`, but a packed tuple (packed.lua).
local function locate(name)
    if being_changed[name] ~= nil then
        find(name)
    end
    return packed.get(box.space.namespaces.id, packed.put_text(packed.begin(1, #name), name), BY_NAME)
end

-- Returns the tuple with this id, or nil, and whether that is on disk.
local function get(id)
    return box.space.namespaces:get(id), being_changed[id] == nil
end

-- Runs `work` in a transaction that creates, changes or deletes the namespace of this name. Look-ups wait until it is on disk; it
-- waits for earlier changes of the same namespace.
local function change(name, work, ...)
    local namespace = find(name)
    local id = namespace and namespace.id or 0
    last_begun = last_begun + 1
    local number = last_begun
    being_changed[name], being_changed[id], pending[number] = number, number, true
    local done, result = pcall(box.atomic, work, namespace, ...)
    for _, key in ipairs({name, id}) do
        if being_changed[key] == number then
            being_changed[key] = nil
        end
    end
    pending[number] = nil
    if not done then
        rollbacks = rollbacks + 1
    end
    ended:broadcast()
    if not done then
        error(result, 0)
    end
    return result
end

-- The revision that a new namespace begins at: one that no deleted namespace has had, so that a client that remembers a revision
-- of a deleted namespace of the same name cannot go on from it.
local function first_revision()
    local last = box.space.forgotten_revisions.index.revision:max()
    return last and last.revision + 1 or 0
end

-- Creates a namespace. settings: {description, quota of pairs, quota of bytes, default TTL in milliseconds, kept changes, kept
-- values of each pair}, where quotas and TTL may be null.
-- Inside a transaction. Raises Tarantool's error where memory is full.
local function create(name, settings)
    local description, quota_pairs, quota_bytes, default_ttl, changes_kept, history_kept = unpack(settings, 1, 6)
    memory.claim(#name + #description)
    return box.space.namespaces:insert({
        box.NULL, name, first_revision(), 0, 0, 0, clock.now(), description,
        changes_kept, quota_pairs, quota_bytes, default_ttl, history_kept,
    })
end

-- Replaces settings. Inside a transaction.
local function set(namespace, settings)
    local description, quota_pairs, quota_bytes, default_ttl, changes_kept, history_kept = unpack(settings, 1, 6)
    history_kept = history_kept or 0 -- which earlier versions of the service leave out
    if history_kept < (namespace.history_kept or 0) then
        box.space.history_trims:replace({namespace.id, ''})
    end
    return box.space.namespaces:update(namespace.id, {
        {'=', 'description', description},
        {'=', 'changes_kept', changes_kept},
        {'=', 'quota_pairs', quota_pairs},
        {'=', 'quota_bytes', quota_bytes},
        {'=', 'default_ttl', default_ttl},
        {'=', 'history_kept', history_kept},
    })
end

-- Sets a namespace's totals. Inside a transaction.
local function set_totals(id, revision, pairs, bytes, log_bytes)
    local stop_of_key = packed.put_number(packed.begin(1, 20 * packed.MAX_OVERHEAD), id)
    local place = packed.put_array(stop_of_key, 4)
    place = packed.put_assignment(place, FIELDS.REVISION, revision)
    place = packed.put_assignment(place, FIELDS.PAIRS, pairs)
    place = packed.put_assignment(place, FIELDS.BYTES, bytes)
    place = packed.put_assignment(place, FIELDS.LOG_BYTES, log_bytes)
    packed.update(box.space.namespaces.id, stop_of_key, place)
end

-- Deletes a namespace; the sweeper deletes its pairs and its changes (namespace_purge.lua).
-- Inside a transaction.
local function delete(namespace)
    local last = box.space.forgotten_revisions.index.revision:max()
    if last == nil or last.revision < namespace.revision then
        if last ~= nil then
            box.space.forgotten_revisions:delete(last.revision)
        end
        box.space.forgotten_revisions:insert({namespace.revision})
    end
    box.space.forgotten_namespaces:insert({namespace.id})
    box.space.namespaces:delete(namespace.id)
end

-- The first name after all that begin with `prefix`, which ends with a character that a name may have; nil: none.
local function next_after(prefix)
    if prefix == '' then
        return nil
    end
    return prefix:sub(1, -2) .. string.char(prefix:byte(-1) + 1)
end

local function select_matching(patterns, after, limit)
    local found = {}
    for _, pattern in ipairs(patterns) do
        local is_prefix = pattern:sub(-1) == '*'
        local first = is_prefix and pattern:sub(1, -2) or pattern
        local stop = is_prefix and next_after(first) or nil
        -- No name has a byte 0: this is where the names after `after` begin.
        local start = first > after and first or after .. '\0'
        for _, namespace in box.space.namespaces.index.name:pairs(start, {iterator = 'GE'}) do
            local name = namespace[FIELDS.NAME]
            if #found == limit or (stop ~= nil and name >= stop) or (not is_prefix and name ~= pattern) then
                break
            end
            found[#found + 1] = namespace
        end
    end
    return found
end

-- Up to `limit` namespaces after the name `after`, by name, that match one of the patterns: names, or prefixes with a final `*`.
-- No two patterns may match the same name, and they must be in order.
local function list(patterns, after, limit)
    while true do
        local before = rollbacks
        local found = select_matching(patterns, after, limit)
        wait_until_settled(last_begun)
        if rollbacks == before then
            return found
        end
    end
end

return {
    DEFAULT = DEFAULT,
    DEFAULT_SETTINGS = {'', box.NULL, box.NULL, box.NULL, CHANGES_KEPT},
    FIELDS = FIELDS,
    find = find,
    locate = locate,
    get = get,
    change = change,
    create = create,
    set = set,
    set_totals = set_totals,
    delete = delete,
    list = list,
}
