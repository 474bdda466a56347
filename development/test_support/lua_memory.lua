-- Runs an instance's init.lua (first argument) and writes, several times a second, how many bytes its Lua uses after a garbage
-- collection, to a file (second argument).

local fiber = require('fiber')
local script, report = arg[1], arg[2]

fiber.create(function()
    while true do
        collectgarbage()
        local file = io.open(report .. '.new', 'w')
        file:write(('%d\n'):format(collectgarbage('count') * 1024))
        file:close()
        os.rename(report .. '.new', report)
        fiber.sleep(0.2)
    end
end)

arg[0] = script
dofile(script)
