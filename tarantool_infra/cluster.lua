-- Asks the instance whose data are in TARANTOOL_DIRECTORY, on its machine and as its user:
--
--     tarantool cluster.lua status | promote | demote | remove ID | replace ID
--
-- `remove` forgets a member that is lost for good, `replace` one whose machine or disk is replaced: it joins again, empty, at the
-- same address. Prints the answer, or one line on stderr, and then exits 1.

local fio = require('fio')
local socket = require('socket')
local yaml = require('yaml')

local SOCKET = 'admin.sock'
local ANSWER_SECONDS = 30

local COMMANDS = {
    status = 'return {state = cluster.status(), members = cluster.members()}',
    promote = 'return cluster.promote()',
    demote = 'return cluster.demote()',
    remove = 'return cluster.remove(%d)',
    replace = 'return cluster.remove(%d)',
}

local function fail(text, ...)
    io.stderr:write(text:format(...) .. '\n')
    os.exit(1)
end

-- The answer to a line of Lua on the administrator's socket.
local function ask(line)
    local directory = os.getenv('TARANTOOL_DIRECTORY') or '.'
    -- The path of a socket has little room.
    local console = fio.chdir(directory) and socket.tcp_connect('unix/', SOCKET) or nil
    if console == nil then
        fail('no instance runs on %s, or it belongs to another user', directory)
    end
    console:read('\n', ANSWER_SECONDS) -- greeting, of two lines
    console:read('\n', ANSWER_SECONDS)
    console:write(line .. '\n')
    local answer = console:read('\n...\n', ANSWER_SECONDS)
    if answer == nil or answer == '' then
        fail('no answer within %d seconds', ANSWER_SECONDS)
    end
    return yaml.decode(answer)[1]
end

local function describe(value)
    return (value == nil or value == '') and '-' or tostring(value)
end

local STATE = {'mode', 'role', 'is_serving', 'name', 'leader', 'term', 'quorum', 'connected', 'age'}

local function print_status(answer)
    for _, name in ipairs(STATE) do
        print(('%s: %s'):format(name, describe(answer.state[name])))
    end
    for _, one in ipairs(answer.members) do
        print(('member %d: address %s, %s, lag %s, uuid %s'):format(
            one.id, describe(one.address), one.is_heard and 'heard' or 'not heard', describe(one.lag), one.uuid))
    end
end

local command, member = COMMANDS[arg[1] or ''], tonumber(arg[2])
if command == nil or (command:find('%%d') ~= nil) ~= (member ~= nil) then
    fail('usage: tarantool cluster.lua status | promote | demote | remove ID | replace ID')
end
local answer = ask(command:format(member))
if type(answer) == 'table' and answer.error ~= nil then
    fail('%s', type(answer.error) == 'table' and answer.error.message or answer.error)
end
if type(answer) == 'table' then
    print_status(answer)
else
    print(answer)
end
os.exit(0)
