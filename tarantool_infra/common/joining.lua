-- How members join a replica set, and how everything becomes synchronous.
--
-- A member that joins writes a snapshot of what it has copied, and waits for the confirmation of all changes in it. It gives none
-- itself before it is complete, so none that is not confirmed may be in its copy: a new replica set becomes synchronous when its
-- members have joined, and later the leader begins no change while one is registered, which ends its copy.

local clock = require('clock')
local digest = require('digest')
local fiber = require('fiber')
local net_box = require('net.box')

local leadership = require('common.leadership')
local settings = require('common.settings')

local compat = settings.is_replicated and require('compat') or nil -- which 2.6 does not have

local USER = 'replicator'
local ASK_SECONDS = 0.5
local LOOK_EVERY_SECONDS = 0.05
-- How long the first leader waits for the members beyond a quorum.
local FORM_SECONDS = 10
-- After the registration of a member, until it knows up to where it copies.
local REGISTER_SECONDS = 0.1
local FIRST_SPACE_ID = 512 -- of those that are not Tarantool's own

-- The UUID of the member at an address: a member with an empty disk is the one that it was. `turn`: 1, or more where a member at
-- another address has the one before.
local function uuid_of(address, turn)
    local hex = digest.sha256_hex(('%s %s%s'):format(USER, address, (' '):rep(turn - 1)))
    return ('%s-%s-4%s-8%s-%s'):format(hex:sub(1, 8), hex:sub(9, 12), hex:sub(14, 16), hex:sub(18, 20), hex:sub(21, 32))
end

-- The address of a member, '' where it is not known.
local function address_of(id)
    local member = box.info.replication[id]
    if id == box.info.id then
        return settings.address
    end
    local peer = member ~= nil and member.upstream ~= nil and member.upstream.peer or ''
    return (peer:gsub('^.*@', ''))
end

-- Lets the other members forget the one with a UUID; returns whether it is at another address, as one of them knows.
local function is_taken(uuid, password)
    local is_of_another = false
    for _, peer in ipairs(settings.peers) do
        if peer ~= settings.address then
            local host, port = peer:match('^(.*):(%d+)$')
            local connection = net_box.connect(host, tonumber(port), {
                user = USER, password = password, connect_timeout = ASK_SECONDS, fetch_schema = false,
            })
            local called, answer = pcall(
                connection.call, connection, 'cluster.forget', {uuid, settings.address}, {timeout = ASK_SECONDS})
            is_of_another = is_of_another or (called and answer == true)
            connection:close()
        end
    end
    return is_of_another
end

-- Returns the UUID with which this member joins, and lets the leader forget the member that was here before the disk was lost:
-- only one that registers is copied to while changes go on (hold_changes_for_members). Data that were restored at another
-- address than they are from have kept the UUID of this one.
local function find_uuid(password)
    local turn = 1
    while turn < #settings.peers and is_taken(uuid_of(settings.address, turn), password) do
        turn = turn + 1
    end
    return uuid_of(settings.address, turn)
end

-- Forgets a member that does not run, for its successor at the same address, where this is the leader. Returns whether the member
-- is at another address.
local function forget(uuid, address)
    for id, member in pairs(box.info.replication) do
        if member.uuid == uuid then
            local known = address_of(id)
            local runs = member.upstream ~= nil and member.upstream.status == 'follow'
            if known ~= '' and known ~= address then
                return true
            end
            if not runs and leadership.is_leading() then
                box.space._cluster:delete(id)
            end
        end
    end
    return false
end

-- Whether everything is synchronous.
local function is_formed()
    return box.space.schema_migrations ~= nil and box.space.schema_migrations.is_sync
end

-- Tarantool's own spaces are synchronous with the others: all members must say so of the same changes.
local function make_system_synchronous()
    if compat.box_consider_system_spaces_synchronous:is_old() then
        compat.box_consider_system_spaces_synchronous = 'new'
    end
end

local function make_synchronous()
    make_system_synchronous()
    for _, definition in box.space._space:pairs({FIRST_SPACE_ID}, {iterator = 'GE'}) do
        local space = box.space[definition.id]
        if space ~= nil and not space.temporary and not space.is_local and not space.is_sync then
            space:alter({is_sync = true})
        end
    end
end

-- Lets no change begin from the registration of a member until that is confirmed.
local function hold_changes_for_members()
    local cluster = box.space._cluster
    local function release_later()
        fiber.create(function()
            fiber.sleep(REGISTER_SECONDS)
            leadership.release()
        end)
    end
    cluster:on_replace(function(old, new)
        if old == nil and new ~= nil and box.session.type() ~= 'applier' then
            leadership.hold()
            box.on_commit(release_later)
            box.on_rollback(release_later)
        end
    end)
end

-- Waits for the members of a new replica set while this is its leader. They join before anything is synchronous: each of them
-- would wait for the others.
local function form(is_leader)
    local quorum_at
    while is_leader() do
        local count = box.space._cluster:len()
        quorum_at = quorum_at or count >= settings.quorum and clock.monotonic() or nil
        local is_complete = count >= #settings.peers
            or (quorum_at ~= nil and clock.monotonic() > quorum_at + FORM_SECONDS)
        if is_complete and not leadership.is_held() then -- the last one is registered for good
            break
        end
        fiber.sleep(LOOK_EVERY_SECONDS)
    end
end

return {
    USER = USER,
    address_of = address_of,
    find_uuid = find_uuid,
    forget = forget,
    is_formed = is_formed,
    make_system_synchronous = make_system_synchronous,
    make_synchronous = make_synchronous,
    hold_changes_for_members = hold_changes_for_members,
    form = form,
}
