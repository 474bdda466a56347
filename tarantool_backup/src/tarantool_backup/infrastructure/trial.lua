-- Starts on restored data, changes nothing, and writes to standard output what they have.
--
--     tarantool trial.lua DIRECTORY BYTES_OF_MEMORY inspect
--     tarantool trial.lua DIRECTORY BYTES_OF_MEMORY pairs NAMESPACE

local digest = require('digest')
local fiber = require('fiber')
local json = require('json')
local msgpack = require('msgpack')

local directory, memory, action, name = unpack(arg, 1, 4)
-- A long loop lets Tarantool 3 see that it is alive.
local YIELD_EVERY = 1000

box.cfg({
    work_dir = directory,
    wal_mode = 'none',
    memtx_memory = tonumber(memory),
    memtx_max_tuple_size = 16 * 1024 * 1024,
    slab_alloc_factor = 1.2,
    checkpoint_interval = 0,
    log_level = 1,
})

local function each(space, key, visit)
    local count = 0
    for _, tuple in space:pairs(key) do
        visit(tuple)
        count = count + 1
        if count % YIELD_EVERY == 0 then
            fiber.yield()
        end
    end
    return count
end

local function measure(space)
    local checksum, bytes = digest.crc32.new(), 0
    local count = each(space, nil, function(tuple)
        checksum:update(msgpack.encode(tuple))
        bytes = bytes + tuple:bsize()
    end)
    return {tuples = count, bytes = bytes, checksum = ('%08x'):format(checksum:result())}
end

-- Bytes by the id in the first field of a space's tuples.
local function sum_by_first(space, bytes, counts)
    each(space, nil, function(tuple)
        local id = tuple[1]
        bytes[id] = (bytes[id] or 0) + tuple:bsize()
        counts[id] = (counts[id] or 0) + 1
    end)
end

-- What the totals of namespaces say is compared with what there is.
local function check_namespaces(faults)
    local revisions = {}
    local bytes, counts, log_bytes = {}, {}, {}
    sum_by_first(box.space.pairs, bytes, counts)
    if box.space.history ~= nil then
        sum_by_first(box.space.history, bytes, {})
    end
    sum_by_first(box.space.changes, log_bytes, {})
    each(box.space.namespaces, nil, function(namespace)
        local id = namespace.id
        revisions[namespace.name] = namespace.revision
        for what, found in pairs({pairs = counts[id] or 0, bytes = bytes[id] or 0, log_bytes = log_bytes[id] or 0}) do
            if namespace[what] ~= found then
                table.insert(faults, ('namespace %s: %s should be %s and are %s'):format(
                    namespace.name, what, tostring(namespace[what]), found))
            end
        end
    end)
    return revisions
end

local function check_events(faults)
    local counts = {}
    each(box.space.events, nil, function(event)
        counts[event.type] = (counts[event.type] or 0) + 1
    end)
    each(box.space.event_counts, nil, function(count)
        if count.kept ~= (counts[count.type] or 0) then
            table.insert(faults, ('events %s: should be %s and are %s'):format(
                count.type, tostring(count.kept), counts[count.type] or 0))
        end
    end)
end

local function inspect()
    local spaces, faults = {}, setmetatable({}, {__serialize = 'seq'})
    for _, space in box.space._space:pairs(512, {iterator = 'GE'}) do
        if box.space[space.name].index[0] ~= nil then
            spaces[space.name] = measure(box.space[space.name])
        end
    end
    local namespaces = box.space.namespaces ~= nil and check_namespaces(faults) or {}
    if box.space.event_counts ~= nil then
        check_events(faults)
    end
    io.stdout:write(json.encode({spaces = spaces, namespaces = setmetatable(namespaces, {__serialize = 'map'}), faults = faults}))
end

local function write_pairs()
    local namespace = box.space.namespaces.index.name:get(name)
    if namespace == nil then
        io.stderr:write('no namespace')
        os.exit(3)
    end
    io.stdout:write(msgpack.encode(namespace.revision))
    each(box.space.pairs, {namespace.id}, function(pair)
        io.stdout:write(msgpack.encode(pair))
    end)
end

local done, reason = pcall(action == 'inspect' and inspect or write_pairs)
if not done then
    io.stderr:write(tostring(reason))
end
io.stdout:flush()
os.exit(done and 0 or 1)
