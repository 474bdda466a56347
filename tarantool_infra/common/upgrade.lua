-- Data that an earlier Tarantool has written: kept as they are, then upgraded.

local fio = require('fio')
local log = require('log')
local tarantool = require('tarantool')

local HEAD_BYTES = 256 -- in which a file names the version that wrote it

local function parse(version)
    local major, minor = version:match('^(%d+)%.(%d+)')
    return tonumber(major) * 1000 + tonumber(minor)
end

-- The version that has written a snapshot or a log.
local function read_version(path)
    local file = fio.open(path, {'O_RDONLY'})
    local version = file and file:read(HEAD_BYTES):match('\nVersion: ([%d.]+)') or nil
    if file then
        file:close()
    end
    return version
end

local function list(directory, suffix)
    local found = fio.glob(fio.pathjoin(directory, '*' .. suffix))
    table.sort(found)
    return found
end

local function must(done, reason, what)
    if not done then
        error(('cannot keep the data of the earlier version: %s: %s'):format(what, tostring(reason)), 0)
    end
end

-- Links what nobody changes any more, and copies the last log, which may be continued.
local function copy_all(directory, target)
    local logs = list(directory, '.xlog')
    local last_log = table.remove(logs)
    for _, files in ipairs({list(directory, '.snap'), logs}) do
        for _, path in ipairs(files) do
            local linked, reason = fio.link(path, fio.pathjoin(target, fio.basename(path)))
            must(linked, reason, path)
        end
    end
    if last_log ~= nil then
        local copied, reason = fio.copyfile(last_log, fio.pathjoin(target, fio.basename(last_log)))
        must(copied, reason, last_log)
    end
end

-- Keeps the data in `before_<version>_<snapshot>` beside them, once, where an earlier version than this one has written the
-- snapshot: that version still starts on the folder. Before the data are opened. Raises an error where it cannot.
local function keep(directory)
    local snapshots = list(directory, '.snap')
    local newest = snapshots[#snapshots]
    local version = newest and read_version(newest)
    if version == nil or parse(version) >= parse(tarantool.version) then
        return
    end
    local name = ('before_%s_%s'):format(version, fio.basename(newest, '.snap'))
    local target = fio.pathjoin(directory, name)
    if fio.path.exists(target) then
        return
    end
    -- Renamed when it is complete: a crash leaves no half of it.
    local unfinished = target .. '.unfinished'
    fio.rmtree(unfinished)
    local made, reason = fio.mkdir(unfinished, tonumber('700', 8))
    must(made, reason, unfinished)
    copy_all(directory, unfinished)
    local renamed
    renamed, reason = fio.rename(unfinished, target)
    must(renamed, reason, target)
    log.warn('data of Tarantool %s are kept in %s', version, target)
end

-- Upgrades what Tarantool itself keeps in the data, and writes a snapshot. An earlier version cannot read them then.
local function run()
    if box.schema.needs_upgrade == nil or not box.schema.needs_upgrade() then
        return
    end
    box.schema.upgrade()
    box.snapshot()
end

return {keep = keep, run = run}
