-- The Tarantool of key_value_service. Settings: see common/settings.lua.

local fio = require('fio')
local here = fio.dirname(fio.abspath(arg[0]))
package.path = fio.dirname(here) .. '/?.lua;' .. package.path

key_value = require('key_value_tarantool.api.pairs')

require('common.instance').start({
    user = 'key_value_service',
    functions = {'key_value.read', 'key_value.write'},
    readable_spaces = {'pairs'},
    directory = here,
})
