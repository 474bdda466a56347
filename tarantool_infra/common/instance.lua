-- Starts an instance: data, migrations, privileges, and only then the port.

local fio = require('fio')

local access = require('common.access')
local data_folder = require('common.data_folder')
local migrations = require('common.migrations')
local read_or_make_password = require('common.password')
local settings = require('common.settings')

-- A value of 1 MiB of JSON text, its key and what surrounds them must fit in one tuple.
local MAX_TUPLE = 2 * 1024 * 1024

-- From one size of slab items to the next. Slabs for items of 160 KiB and more have 16 MiB each: with Tarantool's 1.05, some
-- fifty large values of different sizes exhaust 256 MiB. Small sizes are 8 bytes apart in any case.
local SLAB_FACTOR = 1.2

-- instance: {user = name, functions = {names}, readable_spaces = {names}, directory = where its migrations/ are,
-- begin_era = see data_folder.recognise[, memory_reserve = bytes beyond what the settings give to data and indexes]}
local function start(instance)
    fio.umask(tonumber('077', 8)) -- no other user of the machine may read the data
    fio.mktree(settings.directory)
    local is_new = data_folder.is_new(settings.directory)
    box.cfg({
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
    })
    migrations.apply(fio.pathjoin(instance.directory, 'migrations'))
    data_folder.recognise(is_new, instance.begin_era)
    access.grant_least(instance.user, read_or_make_password(settings.password_file), instance.functions,
        instance.readable_spaces)
    box.cfg({listen = settings.listen})
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
