-- What key_value_service may ask for about transactions. Functions are called over the network as `transactions.NAME`; see
-- common/refusals.lua.

local changes = require('key_value_tarantool.changes')
local transactions = require('key_value_tarantool.transactions')

-- Compares, and does all operations of one of the branches or none. What is told is on disk, also where nothing was changed.
local function run(name, comparisons, when_true, when_false, most_bytes)
    return changes.apply(name, nil, transactions.run, comparisons, when_true, when_false, most_bytes)
end

return {run = run}
