-- Stored functions of key_value_service for transactions, called as `transactions.NAME`; see common/refusals.lua.

local idempotency = require('key_value_tarantool.idempotency')
local transactions = require('key_value_tarantool.transactions')

-- Compares, and does all operations of one of the branches or none; see transactions.lua. Returns once what it answers is on
-- disk, also where nothing was changed. `request` as in idempotency.apply.
local function run(name, comparisons, when_true, when_false, max_bytes, request)
    return idempotency.apply(request, name, nil, transactions.run, comparisons, when_true, when_false, max_bytes)
end

return {run = run}
