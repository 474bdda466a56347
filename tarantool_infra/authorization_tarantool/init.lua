-- The Tarantool of authorization_service. Settings: see common/settings.lua.

local fio = require('fio')
local here = fio.dirname(fio.abspath(arg[0]))
package.path = fio.dirname(here) .. '/?.lua;' .. package.path

users = require('authorization_tarantool.api.users')

require('common.instance').start({
    user = 'authorization_service',
    functions = {'users.register'},
    readable_spaces = {'users'},
    directory = here,
})
