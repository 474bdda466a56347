-- Stored functions of authorization_service for telling clients of logouts, called as `logout_notices.NAME`; see
-- common/refusals.lua.

local clock = require('common.clock')
local leadership = require('common.leadership')
local logout_notices = require('authorization_tarantool.logout_notices')

local function take(limit, lease, busy)
    local taken, due = {}, logout_notices.list_due(busy, limit)
    if #due == 0 or leadership.is_held() then
        return taken
    end
    box.atomic(function()
        for _, notice in ipairs(due) do
            local client_id, sid = notice.client_id, notice.sid
            local uri = logout_notices.find_uri(client_id)
            if uri == nil then -- the client was deleted
                box.space.logout_notices:delete({client_id, sid})
            else
                box.space.logout_notices:update({client_id, sid}, {{'=', 'due_at', clock.now() + lease}, {'+', 'attempts', 1}})
                table.insert(taken, {client_id, sid, notice.user_id, uri, notice.attempts + 1, notice.revision})
            end
        end
    end)
    return taken
end

-- Takes up to `limit` notices that are due, one of each client that is not `busy` (ids), and waits up to `seconds` for one.
-- They are due again after `lease` (microseconds), unless `finish` or `postpone` says otherwise.
-- Returns {{client id, sid, user id, where the client wants to be told, attempts with this one, revision}, …}.
local function claim(limit, lease, busy, seconds)
    local is_busy = {}
    for _, client_id in ipairs(busy) do
        is_busy[client_id] = true
    end
    local taken = take(limit, lease, is_busy)
    if #taken == 0 and seconds > 0 then
        logout_notices.wait(seconds)
        taken = take(limit, lease, is_busy)
    end
    return taken
end

-- The notice, if nothing has happened since that the client has to be told, too.
local function find(client_id, sid, revision)
    local notice = box.space.logout_notices:get({client_id, sid})
    return notice ~= nil and notice.revision == revision and notice or nil
end

-- Deletes a notice: the client knows, or is not told any more. Returns {true}.
local function finish(client_id, sid, revision)
    if find(client_id, sid, revision) then
        box.atomic(function() box.space.logout_notices:delete({client_id, sid}) end)
    end
    logout_notices.signal()
    return {true}
end

-- Lets a notice be due again after `delay` (microseconds). Returns {true}.
local function postpone(client_id, sid, revision, delay)
    if find(client_id, sid, revision) then
        box.atomic(function()
            box.space.logout_notices:update({client_id, sid}, {{'=', 'due_at', clock.now() + delay}})
        end)
    end
    logout_notices.signal()
    return {true}
end

return {claim = claim, finish = finish, postpone = postpone}
