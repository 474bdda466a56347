-- Stored functions of authorization_service for devices that users sign in to elsewhere (RFC 8628), called as `devices.NAME`; see
-- common/refusals.lua.

local browser_sessions = require('authorization_tarantool.browser_sessions')
local client_sessions = require('authorization_tarantool.client_sessions')
local clock = require('common.clock')
local refusals = require('authorization_tarantool.refusals')
local revocations = require('authorization_tarantool.revocations')

local SLOWER = 5 * 1e6 -- what a device that asks too often has to wait longer (RFC 8628, section 3.5)

-- Inserts a device that waits. lifetime, interval: microseconds. Returns {true}, or {false} where the user code is taken.
local function begin(hash, user_code, client_id, scope, lifetime, interval)
    if box.space.devices.index.user_code:get(user_code) ~= nil then
        return {false}
    end
    local now = clock.now()
    box.atomic(function()
        box.space.devices:insert({hash, user_code, client_id, scope, now + lifetime, now, interval, 'waiting'})
    end)
    return {true}
end

local function find_waiting(user_code)
    local device = box.space.devices.index.user_code:get(user_code)
    return device ~= nil and device.decision == 'waiting' and device.expires_at > clock.now() and device or nil
end

-- The device with this user code that waits: {client id, scope}; nil where there is none.
local function find(user_code)
    local device = find_waiting(user_code)
    return device and {device.client_id, device.scope} or nil
end

-- Allows or denies a device, as the user that has signed in to the browser with this hash of its cookie. Returns {true}, or
-- {false} where no device waits. Refuses NO_SESSION where nobody has signed in.
local function decide(user_code, secret_hash, is_allowed)
    local session = browser_sessions.find(secret_hash)
    if session == nil then
        return refusals.NO_SESSION
    end
    local device = find_waiting(user_code)
    if device == nil then
        return {false}
    end
    box.atomic(function()
        box.space.devices:update(device.hash, {
            {'=', 'decision', is_allowed and 'allowed' or 'denied'},
            {'=', 'user_id', session.user_id},
            {'=', 'authenticated_at', session.authenticated_at},
            {'=', 'methods', session.methods},
        })
    end)
    return {true}
end

-- Opens a session for a device that a user has allowed, once. Returns what `open` of api/sessions.lua does.
-- Refuses INVALID_CODE, CODE_EXPIRED, AUTHORIZATION_PENDING, SLOW_DOWN and ACCESS_DENIED (RFC 8628, section 3.5).
local function redeem(hash, client_id, session_id, hashes, lifetimes, client, limit)
    local read_at = revocations.read_at()
    local device, now = box.space.devices:get(hash), clock.now()
    if device == nil or device.client_id ~= client_id then
        return refusals.INVALID_CODE
    end
    if device.expires_at <= now then
        return refusals.CODE_EXPIRED
    end
    if device.decision == 'waiting' then
        local is_early = device.asks_from > now
        local interval = tonumber(device.interval) + (is_early and SLOWER or 0)
        box.atomic(function()
            box.space.devices:update(hash, {{'=', 'interval', interval}, {'=', 'asks_from', now + interval}})
        end)
        return is_early and refusals.SLOW_DOWN or refusals.AUTHORIZATION_PENDING
    end
    local user = box.space.users:get(device.user_id)
    local is_allowed = device.decision == 'allowed' and user ~= nil and user.is_enabled
    return box.atomic(function()
        box.space.devices:delete(hash)
        if not is_allowed then
            return refusals.ACCESS_DENIED
        end
        return client_sessions.open(session_id, user, device, hashes, lifetimes, client, limit, read_at)
    end)
end

return {begin = begin, find = find, decide = decide, redeem = redeem}
