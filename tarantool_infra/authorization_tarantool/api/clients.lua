-- Stored functions of authorization_service for service accounts, called as `clients.NAME`; see common/refusals.lua.

local consents = require('authorization_tarantool.consents')
local events = require('authorization_tarantool.events')
local revocations = require('authorization_tarantool.revocations')

-- Inserts a client. Returns {true}, or {false} where the id is taken.
local function create(client, new_events)
    if box.space.clients:get(client[1]) ~= nil then
        return {false}
    end
    return events.record(new_events, function()
        box.space.clients:insert(client)
    end)
end

local function put(client)
    box.space.clients:replace(client)
    return true
end

-- A client, with when it was read (see revocations.lua): {client, {microseconds, number}}; nil where there is none.
local function read(id)
    local read_at = revocations.read_at()
    local client = box.space.clients:get(id)
    return client and {client, read_at}
end

-- Up to `limit` clients after the id `after`, by id.
local function list(after, limit)
    return box.space.clients:select({after}, {iterator = 'GT', limit = limit})
end

-- Replaces a client's secret and revokes its access tokens, the last of which expires at `tokens_expire_at` (seconds).
-- Returns {true}, or {false} where there is no such client with a secret.
local function change_secret(id, secret_hash, tokens_expire_at, new_events)
    local client = box.space.clients:get(id)
    if client == nil or client.is_public then
        return {false}
    end
    return events.record(new_events, function()
        box.space.clients:update(id, {{'=', 'secret_hash', secret_hash}})
        revocations.append('subject', id, 0, tokens_expire_at)
    end)
end

-- Deletes a client, ends the sessions that it has opened for users and revokes its access tokens.
-- Returns {true}, or {false} where there is no such client.
local function delete(id, tokens_expire_at, new_events)
    if box.space.clients:get(id) == nil then
        return {false}
    end
    return events.record(new_events, function()
        box.space.clients:delete(id)
        consents.delete_of_client(id)
        revocations.append('subject', id, 0, tokens_expire_at)
    end)
end

return {create = create, put = put, read = read, list = list, change_secret = change_secret, delete = delete}
