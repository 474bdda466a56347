-- Settings of this instance, from the environment. An invalid setting ends the start with one line that names it.

local fio = require('fio')
local tarantool = require('tarantool')

local WAL_MODES = {fsync = true, write = true}
-- Before it, synchronous transactions are rolled back when their confirmation is late, and changes of users and spaces are not
-- synchronous.
local OLDEST_FOR_A_REPLICA_SET = {3, 3}
local FEWEST_PEERS = 3

local function fail(name, rule)
    io.stderr:write(('broken setting %s: %s\n'):format(name, rule))
    os.exit(78) -- EX_CONFIG of sysexits.h
end

local function read(name, default)
    local value = os.getenv(name)
    if value == nil or value == '' then
        return default
    end
    return value
end

-- The items of a list that is separated by commas.
local function split(text)
    local items = {}
    for item in text:gmatch('[^,%s]+') do
        table.insert(items, item)
    end
    return items
end

local settings = {
    listen = read('TARANTOOL_LISTEN', '127.0.0.1:3301'),
    directory = read('TARANTOOL_DIRECTORY', '.'),
    password_file = read('TARANTOOL_PASSWORD_FILE'),
    wal_mode = read('TARANTOOL_WAL_MODE', 'fsync'),
    memtx_memory = tonumber(read('TARANTOOL_MEMTX_MEMORY', tostring(256 * 1024 * 1024))),
    events_kept = tonumber(read('TARANTOOL_EVENTS_KEPT', '20000')),
    events_kept_days = tonumber(read('TARANTOOL_EVENTS_KEPT_DAYS', '365')),
    peers = split(read('TARANTOOL_PEERS', '')), -- all members of the replica set; empty: a single instance
    leaves_replica_set = read('TARANTOOL_LEAVE_REPLICA_SET') == 'yes',
    replication_password_file = read('TARANTOOL_REPLICATION_PASSWORD_FILE'),
    replication_timeout = tonumber(read('TARANTOOL_REPLICATION_TIMEOUT', '0.1')),
    election_timeout = tonumber(read('TARANTOOL_ELECTION_TIMEOUT', '0.5')),
}
settings.address = read('TARANTOOL_ADDRESS', settings.listen)
settings.quorum = tonumber(read('TARANTOOL_QUORUM', tostring(math.floor(#settings.peers / 2) + 1)))
settings.is_replicated = #settings.peers > 0

if settings.password_file == nil then
    fail('TARANTOOL_PASSWORD_FILE', 'must name the file that holds (or will hold) the password of the service')
end
if not WAL_MODES[settings.wal_mode] then
    fail('TARANTOOL_WAL_MODE', 'must be fsync or write')
end
if settings.memtx_memory == nil or settings.memtx_memory < 64 * 1024 * 1024 then
    fail('TARANTOOL_MEMTX_MEMORY', 'must be a number of bytes, at least 67108864')
end
if settings.events_kept == nil or settings.events_kept < 100 then
    fail('TARANTOOL_EVENTS_KEPT', 'must be a number of events, at least 100')
end
if settings.events_kept_days == nil or settings.events_kept_days <= 0 then
    fail('TARANTOOL_EVENTS_KEPT_DAYS', 'must be a number of days, greater than 0')
end
if not settings.listen:match(':%d+$') then
    fail('TARANTOOL_LISTEN', 'must be HOST:PORT')
end

local function is_replicable()
    local major, minor = tarantool.version:match('^(%d+)%.(%d+)')
    local oldest_major, oldest_minor = unpack(OLDEST_FOR_A_REPLICA_SET)
    return tonumber(major) > oldest_major or tonumber(major) == oldest_major and tonumber(minor) >= oldest_minor
end

local function check_peers()
    local seen = {}
    for _, peer in ipairs(settings.peers) do
        if seen[peer] or not peer:match('^[^:]+:%d+$') then
            fail('TARANTOOL_PEERS', 'must be different addresses HOST:PORT, separated by commas')
        end
        seen[peer] = true
    end
    if #settings.peers < FEWEST_PEERS then
        fail('TARANTOOL_PEERS', ('must have at least %d members, this one included: fewer survive no loss'):format(FEWEST_PEERS))
    end
    if not seen[settings.address] then
        fail('TARANTOOL_ADDRESS', ('must be one of TARANTOOL_PEERS, and %s is not'):format(settings.address))
    end
end

local function check_replica_set()
    if not is_replicable() then
        fail('TARANTOOL_PEERS', ('a replica set needs Tarantool %d.%d or later, and this is %s'):format(
            OLDEST_FOR_A_REPLICA_SET[1], OLDEST_FOR_A_REPLICA_SET[2], tarantool.version))
    end
    check_peers()
    local quorum, count = settings.quorum, #settings.peers
    if quorum == nil or quorum % 1 ~= 0 or quorum <= count / 2 or quorum > count then
        fail('TARANTOOL_QUORUM', ('must be a majority of the %d members: %d to %d'):format(
            count, math.floor(count / 2) + 1, count))
    end
    if settings.replication_timeout == nil or settings.replication_timeout <= 0 then
        fail('TARANTOOL_REPLICATION_TIMEOUT', 'must be a number of seconds, greater than 0')
    end
    if settings.election_timeout == nil or settings.election_timeout <= 0 then
        fail('TARANTOOL_ELECTION_TIMEOUT', 'must be a number of seconds, greater than 0')
    end
    for name, path in pairs({
        TARANTOOL_PASSWORD_FILE = settings.password_file,
        TARANTOOL_REPLICATION_PASSWORD_FILE = settings.replication_password_file or '',
    }) do
        -- Made by none of the members: each would make another one.
        if not fio.path.exists(path) then
            fail(name, 'must name a file that exists, the same on all members of the replica set')
        end
    end
    settings.replication_password_file = fio.abspath(settings.replication_password_file)
end

if settings.is_replicated then
    check_replica_set()
end

-- box.cfg changes the working directory, so relative paths are resolved first.
settings.directory = fio.abspath(settings.directory)
settings.password_file = fio.abspath(settings.password_file)

return settings
