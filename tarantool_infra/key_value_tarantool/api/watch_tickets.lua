-- Stored functions of key_value_service for tickets by which browsers watch, called as `watch_tickets.NAME`; see
-- common/refusals.lua. The tickets themselves are not known here, only their digests.

local clock = require('common.clock')
local memory = require('key_value_tarantool.memory')
local namespaces = require('key_value_tarantool.namespaces')
local refusals = require('key_value_tarantool.refusals')

-- An access token has at most as many.
local MAX_BYTES = 8192

-- Keeps a ticket for so many seconds. `token` is returned to whoever redeems it; it begins with a number. Returns {its expiry in
-- microseconds since 1970-01-01 UTC}. Refuses where the user has `max_of_user` that are not used, or there are `max` in all.
local function create(name, digest, user_id, token, seconds, max_of_user, max)
    local namespace = namespaces.find(name)
    if namespace == nil then
        return refusals.NO_NAMESPACE
    end
    local space, now = box.space.watch_tickets, clock.steady()
    if space.index.user_id:count({user_id}) >= max_of_user then
        local first_expiry = tonumber(space.index.user_id:min({user_id}).expires_at)
        return refusals.too_many_tickets(math.max(1, math.ceil((first_expiry - now) / 1e6)))
    end
    if space:len() >= max then
        return refusals.TICKETS_FULL
    end
    memory.claim(MAX_BYTES)
    space:insert({namespace.id, digest, now + seconds * 1e6, user_id, token})
    return {clock.now() + seconds * 1e6}
end

-- Takes a ticket for a watch of this namespace, which is then used up. Returns what `create` was given as `token`.
local function redeem(name, digest)
    local namespace = namespaces.find(name)
    local ticket = namespace ~= nil and box.space.watch_tickets:delete({namespace.id, digest}) or nil
    if ticket == nil or tonumber(ticket.expires_at) <= clock.steady() then
        return refusals.NO_TICKET
    end
    return ticket.token
end

return {create = create, redeem = redeem}
