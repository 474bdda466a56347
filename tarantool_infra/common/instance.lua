-- Starts an instance: data, migrations, privileges, and only then the port. A member of a replica set needs its port before, and
-- refuses until it may answer (leadership.lua); migrations and privileges are the leader's.

local console = require('console')
local fiber = require('fiber')
local fio = require('fio')

local access = require('common.access')
local data_folder = require('common.data_folder')
local divergence = require('common.divergence')
local leadership = require('common.leadership')
local membership = require('common.membership')
local migrations = require('common.migrations')
local read_or_make_password = require('common.password')
local replica_set = require('common.replica_set')
local settings = require('common.settings')
local upgrade = require('common.upgrade')

-- A value of 1 MiB of JSON text, its key and what surrounds them must fit in one tuple.
local MAX_TUPLE = 2 * 1024 * 1024

-- From one size of slab items to the next. Slabs for items of 160 KiB and more have 16 MiB each: with Tarantool's 1.05, some
-- fifty large values of different sizes exhaust 256 MiB. Small sizes are 8 bytes apart in any case.
local SLAB_FACTOR = 1.2

-- In the folder of the data: relative, as the path of a socket has little room.
local ADMIN_SOCKET = 'admin.sock'

-- Seconds without a yield after which Tarantool 3 would raise an error in the middle of a transaction.
local MAX_SLICE = 3600

local function listen_for_administrators()
    fio.unlink(ADMIN_SOCKET) -- a killed process leaves it
    console.listen('unix/:./' .. ADMIN_SOCKET)
end

-- What changes the data before anything is answered: by a single instance at its start, by the leader when it is elected.
local function prepare(instance, password, folder)
    upgrade.run()
    migrations.apply(fio.pathjoin(instance.directory, 'migrations'))
    folder:recognise(instance.begin_era)
    access.grant_least(instance.user, password, instance.functions, instance.readable_spaces)
    if instance.begin ~= nil then
        instance.begin()
    end
end

local function start_single(instance, options, folder)
    box.cfg(options)
    if box.cfg.read_only then
        leadership.assume('follower') -- a copy that something else keeps: what the data need comes with them
    else
        local has_left = membership.leave()
        prepare(instance, read_or_make_password(settings.password_file), folder)
        if has_left then
            instance.begin_era() -- other members may have acknowledged what these data lack
        end
    end
    listen_for_administrators()
    box.cfg({listen = settings.listen})
end

local function start_member(instance, options, folder)
    local password = read_or_make_password(settings.password_file)
    local replication_password = read_or_make_password(settings.replication_password_file)
    replica_set.configure(options, replication_password)
    box.cfg(options)
    listen_for_administrators()
    folder:recognise_new()
    replica_set.run(replication_password, function()
        prepare(instance, password, folder)
        access.grant_replication(replica_set.USER, replication_password)
    end)
end

-- instance: {user = name, functions = {names}, readers = set of the names of those that change nothing, readable_spaces =
-- {names}, directory = where its migrations/ are, begin_era = see data_folder.recognise[, begin = what is done once the data are
-- ready][, memory_reserve = bytes beyond what the settings give to data and indexes]}
local function start(instance)
    fio.umask(tonumber('077', 8)) -- no other user of the machine may read the data
    fio.mktree(settings.directory)
    divergence.set_aside(settings.directory)
    upgrade.keep(settings.directory)
    leadership.protect(instance.functions, instance.readers)
    if fiber.set_max_slice ~= nil then
        fiber.set_max_slice(MAX_SLICE)
    end
    local folder = data_folder.open(settings.directory)
    local run = settings.is_replicated and start_member or start_single
    run(instance, {
        work_dir = settings.directory,
        wal_mode = settings.wal_mode,
        memtx_memory = settings.memtx_memory + (instance.memory_reserve or 0),
        memtx_max_tuple_size = MAX_TUPLE,
        slab_alloc_factor = SLAB_FACTOR,
        vinyl_memory = 0, -- the other engine is not used
        checkpoint_count = 2,
        feedback_enabled = false, -- no reports to Tarantool's makers
        log_level = 4, -- warnings; its start alone takes twenty lines of information
        custom_proc_title = instance.user,
    }, folder)
end

return {
    start = function(instance)
        local started, reason = pcall(start, instance)
        if not started then
            io.stderr:write(('%s did not start: %s\n'):format(instance.user, tostring(reason)))
            os.exit(1)
        end
    end,
}
