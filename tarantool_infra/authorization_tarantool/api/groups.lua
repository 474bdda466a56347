-- Stored functions of authorization_service for groups, called as `groups.NAME`; see common/refusals.lua.

local events = require('authorization_tarantool.events')
local refusals = require('authorization_tarantool.refusals')
local rights = require('authorization_tarantool.rights')

-- Creates a group. Returns {true}, or {false} where there is one of this name.
local function create(group, new_events)
    if box.space.groups:get(group[1]) ~= nil then
        return {false}
    end
    return events.record(new_events, function()
        box.space.groups:insert(group)
    end)
end

-- Deletes a group, its memberships and its grants. Returns {true}, or {false} where there is none.
local function delete(name, new_events)
    if box.space.groups:get(name) == nil then
        return {false}
    end
    local members = rights.list_members(name)
    return events.record(new_events, function()
        for _, user_id in ipairs(members) do
            box.space.memberships:delete({name, user_id})
        end
        rights.clear('group', name)
        box.space.groups:delete(name)
        rights.revoke_tokens(members)
    end)
end

-- Up to `limit` groups after the name `after`, by name.
local function list(after, limit)
    return box.space.groups:select({after}, {iterator = 'GT', limit = limit})
end

-- The usernames of a group's members, in order.
local function list_members(name)
    local usernames = {}
    for _, user_id in ipairs(rights.list_members(name)) do
        table.insert(usernames, box.space.users:get(user_id).username)
    end
    table.sort(usernames)
    return usernames
end

-- Adds a member. Returns {true}, or {false} where it is one. Refuses NO_GROUP, NO_USER or, where a bound would be
-- exceeded, TOO_MANY_MEMBERS, TOO_MANY_GROUPS or TOO_MANY_GRANTS.
local function add_member(name, user_id, bounds, new_events)
    if box.space.groups:get(name) == nil then
        return refusals.NO_GROUP
    end
    if box.space.users:get(user_id) == nil then
        return refusals.NO_USER
    end
    local memberships = box.space.memberships
    if memberships:get({name, user_id}) ~= nil then
        return {false}
    end
    if memberships:count(name) >= bounds.members then
        return refusals.TOO_MANY_MEMBERS
    end
    if memberships.index.user:count(user_id) >= bounds.groups then
        return refusals.TOO_MANY_GROUPS
    end
    if rights.exceeds(user_id, rights.list('group', name), bounds) then
        return refusals.TOO_MANY_GRANTS
    end
    return events.record(new_events, function()
        memberships:insert({name, user_id})
        rights.revoke_tokens({user_id})
    end)
end

-- Removes a member. Returns {true}, or {false} where there is none. Refuses NO_GROUP.
local function remove_member(name, user_id, new_events)
    if box.space.groups:get(name) == nil then
        return refusals.NO_GROUP
    end
    if box.space.memberships:get({name, user_id}) == nil then
        return {false}
    end
    return events.record(new_events, function()
        box.space.memberships:delete({name, user_id})
        rights.revoke_tokens({user_id})
    end)
end

return {
    create = create,
    delete = delete,
    list = list,
    list_members = list_members,
    add_member = add_member,
    remove_member = remove_member,
}
