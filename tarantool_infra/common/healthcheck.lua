-- Exits 0 where the service can log in to the instance that the environment describes, 1 otherwise.
--
--     tarantool healthcheck.lua USER

local fio = require('fio')
package.path = fio.dirname(fio.dirname(fio.abspath(arg[0]))) .. '/?.lua;' .. package.path

local net_box = require('net.box')
local settings = require('common.settings')

local file = fio.open(settings.password_file, {'O_RDONLY'})
if file == nil then
    os.exit(1)
end
local password = file:read():gsub('%s+$', '')
file:close()

local host, port = settings.listen:match('^(.*):(%d+)$')
if host == '0.0.0.0' or host == '*' or host == '' then
    host = '127.0.0.1'
end
local connection = net_box.connect(host, tonumber(port), {user = arg[1], password = password, connect_timeout = 2})
os.exit(connection:is_connected() and connection:ping({timeout = 2}) and 0 or 1)
