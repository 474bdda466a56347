-- A member's state, and what an operator does with the members of a replica set: `cluster.NAME` on the administrator's socket
-- (../cluster.lua). Each refuses, with an error that says why, what would leave the set without a quorum, a leader or data.

local fiber = require('fiber')
local json = require('json')

local joining = require('common.joining')
local leadership = require('common.leadership')
local replica_set = require('common.replica_set')
local settings = require('common.settings')

local ELECT_SECONDS = 10
local LOOK_EVERY_SECONDS = 0.05

local function refuse(text, ...)
    error(text:format(...), 0)
end

local function is_heard(member)
    return member.uuid == box.info.uuid or (member.upstream ~= nil and member.upstream.status == 'follow')
end

local function count_heard()
    local count = 0
    for _, member in pairs(box.info.replication) do
        count = count + (is_heard(member) and 1 or 0)
    end
    return count
end

-- Seconds since this member heard the leader; 0 on the leader; nil: it knows none.
local function measure_age()
    local election = box.info.election
    if election.state == 'leader' then
        return 0
    end
    local member = box.info.replication[election.leader]
    return member ~= nil and member.upstream ~= nil and member.upstream.idle or nil
end

-- Where this instance stands, for services: a map of mode, role ('leader' or 'follower'), leader (its address, '' where it is
-- this one or not known), term, name (its own address), quorum, connected (members that it hears, itself included), is_serving
-- and age (seconds since it heard the leader, or null).
local function status()
    local answer = {
        mode = settings.is_replicated and 'replica set' or 'single',
        role = leadership.is_leading() and 'leader' or 'follower',
        leader = leadership.leader(),
        term = 0,
        name = '',
        quorum = 1,
        connected = 1,
        is_serving = leadership.is_serving(),
        age = 0,
    }
    if settings.is_replicated then
        answer.term, answer.name, answer.quorum = box.info.election.term, settings.address, settings.quorum
        answer.connected, answer.age = count_heard(), measure_age() or json.NULL
    end
    return answer
end

-- The members as this one sees them, for operators: {id, address, uuid, is_heard, lag} each; lag in seconds.
local function members()
    local found = {}
    for id, member in pairs(box.info.replication) do
        table.insert(found, {
            id = id,
            address = joining.address_of(id),
            uuid = member.uuid,
            is_heard = is_heard(member),
            lag = member.upstream ~= nil and member.upstream.lag or json.NULL,
        })
    end
    return found
end

local function require_replica_set()
    if not settings.is_replicated then
        refuse('this is a single instance: TARANTOOL_PEERS is not set')
    end
end

local function require_leader()
    require_replica_set()
    if not leadership.is_leading() then
        local leader = leadership.leader()
        refuse('this member is not the leader: ask %s', leader == '' and 'again when there is one' or leader)
    end
end

local function wait_for(holds, what)
    local deadline = fiber.clock() + ELECT_SECONDS
    while not holds() do
        if fiber.clock() >= deadline then
            refuse('%s within %d seconds', what, ELECT_SECONDS)
        end
        fiber.sleep(LOOK_EVERY_SECONDS)
    end
end

-- Makes this member the leader. Nothing is lost: it must have all that is confirmed, or it is not elected.
local function promote()
    require_replica_set()
    if leadership.is_leading() then
        return 'this member is the leader already'
    end
    if count_heard() < settings.quorum then
        refuse('this member hears %d of %d members, and the quorum is %d', count_heard(), #settings.peers, settings.quorum)
    end
    box.ctl.promote()
    wait_for(leadership.is_leading, 'this member was not elected')
    return 'this member is the leader'
end

-- Makes another member the leader.
local function demote()
    require_leader()
    if count_heard() - 1 < settings.quorum then
        refuse('without this member %d of %d members are heard, and the quorum is %d: the set would have no leader',
            count_heard() - 1, #settings.peers, settings.quorum)
    end
    leadership.lose('')
    box.cfg({election_mode = 'voter'})
    local done, reason = pcall(wait_for, function() return box.info.election.leader ~= 0 end, 'no other member was elected')
    box.cfg({election_mode = 'candidate'})
    if not done then
        error(reason, 0)
    end
    return ('the leader is %s'):format(joining.address_of(box.info.election.leader))
end

local function find_member(id)
    local member = box.info.replication[tonumber(id)]
    if member == nil then
        refuse('there is no member %s: `status` lists them', tostring(id))
    end
    return member
end

-- Forgets a member that does not run and will not return with its data: a machine that was lost, or one whose disk is replaced.
-- One that starts with an empty disk then joins as a new member.
local function remove(id)
    require_leader()
    local member = find_member(id)
    if member.uuid == box.info.uuid then
        refuse('this member is the leader: demote it first, and ask the new leader')
    end
    if is_heard(member) then
        refuse('member %d runs: stop it first', member.id)
    end
    if count_heard() < settings.quorum then
        refuse('this member hears %d members, and the quorum is %d', count_heard(), settings.quorum)
    end
    box.space._cluster:delete(member.id)
    return ('member %d is removed'):format(member.id)
end

-- Makes data of a replica set those of a single instance, at its start; returns whether they were a replica set's.
local function leave()
    local is_shared = box.space._cluster:len() > 1
    if not is_shared and (box.info.synchro == nil or box.info.synchro.queue.owner == 0) then
        return false
    end
    if is_shared and not settings.leaves_replica_set then
        refuse('the data belong to a replica set of %d members: set TARANTOOL_PEERS, or TARANTOOL_LEAVE_REPLICA_SET=yes to go on '
            .. 'with these data alone', box.space._cluster:len())
    end
    box.cfg({replication_synchro_quorum = 1})
    box.ctl.promote()
    box.ctl.wait_rw(ELECT_SECONDS)
    for _, definition in box.space._space:pairs({512}, {iterator = 'GE'}) do
        if box.space[definition.id].is_sync then
            box.space[definition.id]:alter({is_sync = false})
        end
    end
    for _, member in ipairs(box.space._cluster:select()) do
        if member[1] ~= box.info.id then
            box.space._cluster:delete(member[1])
        end
    end
    box.ctl.demote()
    return is_shared
end

return {
    status = status,
    members = members,
    confirm = replica_set.confirm,
    forget = joining.forget,
    promote = promote,
    demote = demote,
    remove = remove,
    leave = leave,
}
