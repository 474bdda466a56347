-- A client's transaction: comparisons, and the operations of the branch that they choose.
-- A comparison is {key, target, operator, operand}. An operation is {kind, key, …}; see OPERATIONS.

local PAIR = require('key_value_tarantool.pair')
local numbers = require('key_value_tarantool.numbers')
local packed = require('key_value_tarantool.packed')
local refusals = require('key_value_tarantool.refusals')

local VALUE, REVISION, VERSION = PAIR.VALUE, PAIR.REVISION, PAIR.VERSION

local TARGETS = {
    revision = function(pair) return pair ~= nil and pair[REVISION] or 0 end,
    version = function(pair) return pair ~= nil and pair[VERSION] or 0 end,
    exists = function(pair) return pair ~= nil end,
    value = function(pair) return pair ~= nil and packed.value(pair, VALUE) or nil end,
}

local OPERATORS = {
    ['='] = function(left, right) return left == right end,
    ['!='] = function(left, right) return left ~= right end,
    ['<'] = function(left, right) return left < right end,
    ['<='] = function(left, right) return left <= right end,
    ['>'] = function(left, right) return left > right end,
    ['>='] = function(left, right) return left >= right end,
}

-- Each returns its result, or nil and a refusal.
local OPERATIONS = {
    -- value, TTL in milliseconds; {revision, is new}
    write = function(change, key, value, ttl)
        local is_new = change:put(key, value, change:expiry(ttl))
        return {change.revision, is_new}
    end,
    -- {whether there was one}
    delete = function(change, key)
        return {change:delete(key)}
    end,
    -- {tuple} or {}
    read = function(change, key)
        return {change:find(key)}
    end,
    -- JSON text of what is added; {JSON text of the sum, revision, is new}
    increment = function(change, key, by)
        local sum, refusal, is_new = numbers.increment(change, key, by)
        if sum == nil then
            return nil, refusal
        end
        return {sum, change.revision, is_new}
    end,
}

local function holds(change, comparison)
    local key, target, operator, operand = unpack(comparison, 1, 4)
    local found = TARGETS[target](change:find(key))
    if target == 'value' and numbers.are_equal(found, operand) then
        operand = found
    end
    return OPERATORS[operator](found, operand)
end

local function all_hold(change, comparisons)
    for _, comparison in ipairs(comparisons) do
        if not holds(change, comparison) then
            return false
        end
    end
    return true
end

-- Returns {whether all comparisons hold, results of the operations, revision}; each operation sees the effects of those before
-- it. Refuses where an operation does (`operation`), and where the pairs that are read add up to more than `max_bytes`
-- (`too_large_in`).
local function run(change, comparisons, when_true, when_false, max_bytes)
    local succeeded = all_hold(change, comparisons)
    local results, bytes = {}, 0
    for place, operation in ipairs(succeeded and when_true or when_false) do
        local kind, key, argument, ttl = unpack(operation, 1, 4)
        local result, refusal = OPERATIONS[kind](change, key, argument, ttl)
        if result == nil then
            return nil, refusals.operation(succeeded, place - 1, key, refusal)
        end
        if kind == 'read' and result[1] ~= nil then
            bytes = bytes + PAIR.answered_bytes(result[1])
            if bytes > max_bytes then
                return nil, refusals.too_large_in(succeeded and 'then' or 'else')
            end
        end
        results[place] = result
    end
    return {succeeded, results, change.revision}
end

return {run = run}
