-- Runs an instance's init.lua (first argument) as a replica of another Tarantool, by asynchronous replication. What init.lua does
-- to the data, the leader has done. Environment: that of init.lua, REPLICATION (the leader's URI) and LEADER (its address).

local script = arg[1]

package.loaded['common.sweeper'] = {start = function() end}
package.loaded['common.instance'] = {
    start = function(instance)
        local settings = require('common.settings')
        local leadership = require('common.leadership')
        require('fio').mktree(settings.directory)
        box.cfg({
            work_dir = settings.directory,
            memtx_memory = settings.memtx_memory,
            memtx_max_tuple_size = 2 * 1024 * 1024,
            replication = os.getenv('REPLICATION'),
            read_only = true,
            log_level = 4,
        })
        leadership.protect(instance.functions, instance.readers)
        leadership.assume('follower', os.getenv('LEADER'))
        require('console').listen('unix/:./admin.sock')
        box.cfg({listen = settings.listen})
    end,
}

arg[0] = script
dofile(script)
