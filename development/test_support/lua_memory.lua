-- Runs an instance's init.lua (its path comes first) and tells, several times a second, how many bytes its Lua uses when all that
-- is garbage has been collected: in the file whose path comes second.

local fiber = require('fiber')
local script, told = arg[1], arg[2]

fiber.create(function()
    while true do
        collectgarbage()
        local file = io.open(told .. '.new', 'w')
        file:write(('%d\n'):format(collectgarbage('count') * 1024))
        file:close()
        os.rename(told .. '.new', told)
        fiber.sleep(0.2)
    end
end)

arg[0] = script
dofile(script)
