-- What an instance tells of itself for the metrics of its service: `statistics.describe`. Each member of a replica set tells of
-- itself, whether it leads or not.

local ffi = require('ffi')
local fio = require('fio')

local settings = require('common.settings')

-- statvfs(3) of Linux with 64 bits, in glibc and musl.
ffi.cdef([[
    struct common_statvfs {
        unsigned long block_size, fragment_size;
        uint64_t blocks, free_blocks, available_blocks;
        char others[200];
    };
    int statvfs(const char *path, struct common_statvfs *buffer);
]])

local WRITES = {'INSERT', 'REPLACE', 'UPDATE', 'UPSERT', 'DELETE'}

local describe_data = function() return {} end

-- Returns {size, free bytes} of the disk with the data, or nil.
local function measure_disk()
    local buffer = ffi.new('struct common_statvfs')
    if ffi.C.statvfs(settings.directory, buffer) ~= 0 then
        return nil
    end
    local unit = tonumber(buffer.fragment_size)
    return {tonumber(buffer.blocks) * unit, tonumber(buffer.available_blocks) * unit}
end

local function measure_files(extension)
    local bytes = 0
    for _, path in ipairs(fio.glob(fio.pathjoin(settings.directory, '*.' .. extension))) do
        local file = fio.stat(path)
        bytes = bytes + (file ~= nil and file.size or 0) -- it may have been removed meanwhile
    end
    return bytes
end

local function count_writes()
    local stat, count = box.stat(), 0
    for _, operation in ipairs(WRITES) do
        count = count + stat[operation].total
    end
    return count
end

local function measure_lags()
    local lags = {}
    for id, member in pairs(box.info.replication) do
        if member.upstream ~= nil and member.upstream.lag ~= nil then
            lags[tostring(id)] = member.upstream.lag
        end
    end
    return lags
end

-- Returns {numbers by name, what the service's own spaces hold, replication lag in seconds by the other member's number}. Bytes,
-- seconds, and counts since the instance was started.
local function describe()
    local slab, net, disk = box.slab.info(), box.stat.net(), measure_disk()
    return {{
        memory_limit_bytes = settings.memtx_memory,
        memory_used_bytes = slab.arena_used + math.max(0, slab.quota_used - slab.arena_size),
        lua_memory_bytes = collectgarbage('count') * 1024,
        log_bytes = measure_files('xlog'),
        snapshot_bytes = measure_files('snap'),
        disk_size_bytes = disk and disk[1],
        disk_free_bytes = disk and disk[2],
        connections = net.CONNECTIONS.current,
        requests_total = net.REQUESTS.total,
        writes_total = count_writes(),
        uptime_seconds = box.info.uptime,
    }, describe_data(), setmetatable(measure_lags(), {__serialize = 'map'})}
end

-- Lets `of_data` tell what the service's own spaces hold: it returns a table that goes into msgpack.
local function add(of_data)
    describe_data = of_data
end

return {describe = describe, add = add}
