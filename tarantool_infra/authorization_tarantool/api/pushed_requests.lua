-- Stored functions of authorization_service for pushed authorization requests, called as `pushed_requests.NAME`; see
-- common/refusals.lua.

local clock = require('common.clock')
local pushed_requests = require('authorization_tarantool.pushed_requests')

-- lifetime: microseconds

-- Inserts a request. Returns {true}.
local function push(hash, client_id, query, lifetime)
    box.atomic(function()
        box.space.pushed_requests:insert({hash, client_id, query, clock.now() + lifetime})
    end)
    return {true}
end

-- Begins with a request of this client, once: from now on it has another hash. Returns {true}, or {false} where there is none.
local function begin(hash, client_id, next_hash, begun_at, lifetime)
    local pushed = pushed_requests.find(hash)
    if pushed == nil or pushed.client_id ~= client_id or pushed.begun_at ~= nil then
        return {false}
    end
    box.atomic(function()
        box.space.pushed_requests:delete(hash)
        box.space.pushed_requests:insert({next_hash, client_id, pushed.query, clock.now() + lifetime, begun_at})
    end)
    return {true}
end

-- A request that has begun: {query, when it has}; nil where there is none.
local function find(hash)
    local pushed = pushed_requests.find(hash)
    return pushed and pushed.begun_at ~= nil and {pushed.query, pushed.begun_at} or nil
end

return {push = push, begin = begin, find = find}
