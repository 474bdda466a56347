-- The Tarantool of key_value_service. Settings: see common/settings.lua.

local fio = require('fio')
local here = fio.dirname(fio.abspath(arg[0]))
package.path = fio.dirname(here) .. '/?.lua;' .. package.path

-- LuaJIT joins traces around calls of C functions, where fibers switch; in Tarantool 2.6 it may then run freed memory as a
-- function, and the process crashes. No trace is long enough to be joined now.
require('jit.opt').start('minstitch=10000')

changes = require('key_value_tarantool.api.changes')
children = require('key_value_tarantool.api.children')
cluster = require('common.membership')
disk = require('common.disk')
eras = require('key_value_tarantool.eras')
history = require('key_value_tarantool.api.history')
key_value = require('key_value_tarantool.api.pairs')
loading = require('key_value_tarantool.api.loading')
namespaces = require('key_value_tarantool.api.namespaces')
ranges = require('key_value_tarantool.api.ranges')
stale = require('key_value_tarantool.api.stale')
statistics = require('common.statistics')
transactions = require('key_value_tarantool.api.transactions')
watch_tickets = require('key_value_tarantool.api.watch_tickets')

statistics.add(require('key_value_tarantool.statistics').describe)

require('common.instance').start({
    user = 'key_value_service',
    functions = {
        'changes.attach',
        'changes.follow',
        'children.list',
        'cluster.status',
        'disk.is_writable',
        'history.list',
        'history.restore',
        'key_value.delete',
        'key_value.find',
        'key_value.increment',
        'key_value.read',
        'key_value.replace',
        'key_value.set_ttl',
        'key_value.write',
        'loading.load',
        'namespaces.delete',
        'namespaces.describe',
        'namespaces.find',
        'namespaces.list',
        'namespaces.put',
        'ranges.delete',
        'ranges.list',
        'stale.read',
        'statistics.describe',
        'transactions.run',
        'watch_tickets.create',
        'watch_tickets.redeem',
    },
    readers = {
        ['changes.attach'] = true,
        ['changes.follow'] = true,
        ['children.list'] = true,
        ['history.list'] = true,
        ['key_value.find'] = true,
        ['key_value.read'] = true,
        ['namespaces.describe'] = true,
        ['namespaces.find'] = true,
        ['namespaces.list'] = true,
        ['ranges.list'] = true,
    },
    readable_spaces = {},
    directory = here,
    begin_era = eras.begin,
    memory_reserve = require('key_value_tarantool.memory').RESERVE,
})

require('common.sweeper').start({
    require('key_value_tarantool.expiry').sweep,
    require('key_value_tarantool.idempotency').sweep,
    require('key_value_tarantool.namespace_purge').sweep,
    require('key_value_tarantool.change_log_trim').sweep,
    require('key_value_tarantool.history_trim').sweep_removed,
    require('key_value_tarantool.history_trim').sweep_lowered,
    require('key_value_tarantool.watch_tickets').sweep,
})
