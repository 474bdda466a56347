-- Namespaces: a name, settings, and what their pairs add up to.
--
-- memtx shows a change to everybody before the write-ahead log has it. Whoever looks for a namespace that is being made, changed
-- or deleted waits until that is on disk, so that nobody is told of one that a crash takes back, nor that one is gone.

local clock = require('common.clock')
local fiber = require('fiber')
local memory = require('key_value_tarantool.memory')
local packed = require('key_value_tarantool.packed')

local DEFAULT = 'default'
local CHANGES_KEPT = 10000

-- Of a tuple of the space, for those who read it at every request.
local FIELDS = {
    ID = 1, NAME = 2, REVISION = 3, PAIRS = 4, BYTES = 5, LOG_BYTES = 6, CHANGES_KEPT = 9, QUOTA_PAIRS = 10, QUOTA_BYTES = 11,
    DEFAULT_TTL = 12,
}

-- The number of the index.
local BY_NAME = 1

local being_changed = {} -- by name: since which change; by id as well
local begun = 0 -- changes of namespaces
local under_way = {} -- their numbers, as long as they are; one that changes nothing ends before those that began before it
local rollbacks = 0
local news = fiber.cond()

local function is_under_way(number)
    for other in pairs(under_way) do
        if other <= number then
            return true
        end
    end
    return false
end

-- Returns when all changes up to this one have ended.
local function wait_until_settled(number)
    while is_under_way(number) do
        news:wait()
    end
end

-- The namespace's tuple, or nil.
local function find(name)
    while being_changed[name] ~= nil do
        wait_until_settled(being_changed[name])
    end
    return box.space.namespaces.index.name:get(name)
end

-- The same as packed.lua has tuples.
local function locate(name)
    if being_changed[name] ~= nil then
        find(name)
    end
    return packed.get(box.space.namespaces.id, packed.put_text(packed.begin(1, #name), name), BY_NAME)
end

-- Returns the tuple with this id, or nil, and whether that is on disk.
local function look(id)
    return box.space.namespaces:get(id), being_changed[id] == nil
end

-- Runs `work` in a transaction of its own that makes, changes or deletes the namespace of this name. Others wait for it until it
-- is on disk. Begins after the changes of the same namespace that have begun before.
local function change(name, work, ...)
    local namespace = find(name)
    local id = namespace and namespace.id or 0
    begun = begun + 1
    local number = begun
    being_changed[name], being_changed[id], under_way[number] = number, number, true
    local done, result = pcall(box.atomic, work, namespace, ...)
    for _, key in ipairs({name, id}) do
        if being_changed[key] == number then
            being_changed[key] = nil
        end
    end
    under_way[number] = nil
    if not done then
        rollbacks = rollbacks + 1
    end
    news:broadcast()
    if not done then
        error(result, 0)
    end
    return result
end

-- The revision that a new namespace begins at. What a deleted one of its name has counted is not counted again, and is not where
-- this one begins: whoever remembers a revision of that must not take it for one of this, and go on there.
local function first_revision()
    local last = box.space.forgotten_revisions.index.revision:max()
    return last and last.revision + 1 or 0
end

-- settings: {description, quota of pairs, quota of bytes, default TTL in milliseconds, kept changes}; those in the middle may be
-- null.
-- Inside a transaction. Raises what Tarantool raises when it has no memory left.
local function create(name, settings)
    local description, quota_pairs, quota_bytes, default_ttl, changes_kept = unpack(settings, 1, 5)
    memory.claim(#name + #description)
    return box.space.namespaces:insert({
        box.NULL, name, first_revision(), 0, 0, 0, clock.now(), description,
        changes_kept, quota_pairs, quota_bytes, default_ttl,
    })
end

-- Inside a transaction.
local function set(namespace, settings)
    local description, quota_pairs, quota_bytes, default_ttl, changes_kept = unpack(settings, 1, 5)
    return box.space.namespaces:update(namespace.id, {
        {'=', 'description', description},
        {'=', 'changes_kept', changes_kept},
        {'=', 'quota_pairs', quota_pairs},
        {'=', 'quota_bytes', quota_bytes},
        {'=', 'default_ttl', default_ttl},
    })
end

local function put_assignment(place, field, number)
    place = packed.put_array(place, 3)
    place = packed.put_text(place, '=')
    place = packed.put_number(place, field)
    return packed.put_number(place, number)
end

-- Takes note of what a namespace's changes have come to. Inside a transaction.
local function count(id, revision, pairs, bytes, log_bytes)
    local stop_of_key = packed.put_number(packed.begin(1, 20 * packed.MAX_OVERHEAD), id)
    local place = packed.put_array(stop_of_key, 4)
    place = put_assignment(place, FIELDS.REVISION, revision)
    place = put_assignment(place, FIELDS.PAIRS, pairs)
    place = put_assignment(place, FIELDS.BYTES, bytes)
    place = put_assignment(place, FIELDS.LOG_BYTES, log_bytes)
    packed.update(box.space.namespaces.id, stop_of_key, place)
end

-- Deletes a namespace; its pairs and its changes are left to the sweeper.
-- Inside a transaction.
local function forget(namespace)
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

-- The first name behind all that begin with `prefix`, which ends with a character that a name may have; nil stands for none.
local function next_behind(prefix)
    if prefix == '' then
        return nil
    end
    return prefix:sub(1, -2) .. string.char(prefix:byte(-1) + 1)
end

local function select_behind(patterns, after, most)
    local found = {}
    for _, pattern in ipairs(patterns) do
        local is_prefix = pattern:sub(-1) == '*'
        local first = is_prefix and pattern:sub(1, -2) or pattern
        local stop = is_prefix and next_behind(first) or nil
        -- No name has a byte 0: this is where the names behind `after` begin.
        local start = first > after and first or after .. '\0'
        for _, namespace in box.space.namespaces.index.name:pairs(start, {iterator = 'GE'}) do
            local name = namespace[FIELDS.NAME]
            if #found == most or (stop ~= nil and name >= stop) or (not is_prefix and name ~= pattern) then
                break
            end
            found[#found + 1] = namespace
        end
    end
    return found
end

-- Up to `most` namespaces behind `after`, by name, that one of the patterns stands for: names, or beginnings of names and a final
-- `*`. No two patterns may stand for the same name, and they must come in order.
local function list(patterns, after, most)
    while true do
        local before = rollbacks
        local found = select_behind(patterns, after, most)
        wait_until_settled(begun)
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
    look = look,
    change = change,
    create = create,
    set = set,
    count = count,
    forget = forget,
    list = list,
}
