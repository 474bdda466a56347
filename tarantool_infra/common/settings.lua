-- Settings of this instance, from the environment. An invalid setting ends the start with one line that names it.

local fio = require('fio')

local WAL_MODES = {fsync = true, write = true}

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

local settings = {
    listen = read('TARANTOOL_LISTEN', '127.0.0.1:3301'),
    directory = read('TARANTOOL_DIRECTORY', '.'),
    password_file = read('TARANTOOL_PASSWORD_FILE'),
    wal_mode = read('TARANTOOL_WAL_MODE', 'fsync'),
    memtx_memory = tonumber(read('TARANTOOL_MEMTX_MEMORY', tostring(256 * 1024 * 1024))),
    events_kept = tonumber(read('TARANTOOL_EVENTS_KEPT', '20000')),
    events_kept_days = tonumber(read('TARANTOOL_EVENTS_KEPT_DAYS', '365')),
}

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

-- box.cfg changes the working directory, so relative paths are resolved first.
settings.directory = fio.abspath(settings.directory)
settings.password_file = fio.abspath(settings.password_file)

return settings
