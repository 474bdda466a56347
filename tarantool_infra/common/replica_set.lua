-- A replica set of at least three members on Tarantool 3: its configuration, its leader, and the leader's lease.
--
-- Members elect a leader (Tarantool's Raft), all spaces are synchronous, and a change is confirmed when a quorum has it on disk.
--
-- The lease. The leader asks the others, many times a second, for their term, and counts a member from the moment before it
-- asked, where the answer is its own term. When a quorum has been counted since a moment, nobody can have been elected before it:
-- a quorum has voted for whoever is elected, one of them was counted, and it has voted after it answered. An elected leader
-- answers nothing for HANDOVER_SECONDS, which is longer than LEASE_SECONDS, so until then the lease of the former one has ended.
-- The two durations are measured on the monotonic clocks of two machines, whose speeds must differ by less than a quarter; their
-- times need not agree. A read costs the leader a look at the clock, and waits for an answer of the others only where the lease
-- was not extended in time.

local clock = require('clock')
local fiber = require('fiber')
local fio = require('fio')
local log = require('log')
local net_box = require('net.box')

local disk = require('common.disk')
local divergence = require('common.divergence')
local handover = require('common.handover')
local joining = require('common.joining')
local leadership = require('common.leadership')
local settings = require('common.settings')

local USER = joining.USER
local LEASE_SECONDS = 0.2
local HANDOVER_SECONDS = 0.25
local EXTEND_EVERY_SECONDS = 0.05
local ASK_SECONDS = 0.5
-- After which a member that does not answer is connected to anew: after a network that was cut, TCP waits for as long again as
-- the cut has lasted before it sends once more on a connection.
local SILENT_SECONDS = 1
local LOOK_EVERY_SECONDS = 0.1
-- The first start needs the others; a later one does not wait for them: one that is frozen accepts connections and says nothing.
local FIRST_CONNECT_SECONDS, CONNECT_SECONDS = 60, 0.3
-- By which share of the timeout a member waits longer than the one before it, to stand for election again after one that nobody
-- has won. Tarantool adds up to a tenth at random, which is less than a vote takes on a busy machine: two members that each vote
-- for themselves would go on doing so.
local STAGGER = 0.3
local SYNCHRO_SECONDS = 10
local NEVER = 365 * 86400
-- How often a member tries to take over in a term before it lets another one try: it may be of an earlier version than the data.
local MAX_TRIES = 3

local answers = {} -- by address of another member: {term, asked_at} of its last answer

-- How long this member waits for an election to be won.
local function find_election_timeout()
    for place, peer in ipairs(settings.peers) do
        if peer == settings.address then
            return settings.election_timeout * (1 + STAGGER * (place - 1))
        end
    end
end

-- Adds to the options of the first box.cfg what makes the instance a member.
local function configure(options, password)
    require('compat').replication_synchro_timeout = 'new' -- nothing is rolled back for being late
    options.txn_synchro_timeout = NEVER -- nor answered before its outcome is known
    local is_first = #fio.glob(fio.pathjoin(settings.directory, '*.snap')) == 0
    options.replication = {}
    for _, peer in ipairs(settings.peers) do
        table.insert(options.replication, {uri = peer, login = USER, password = password})
    end
    options.listen = settings.listen
    options.instance_uuid = is_first and joining.find_uuid(password) or nil
    options.bootstrap_strategy = 'auto'
    options.replication_connect_timeout = is_first and FIRST_CONNECT_SECONDS or CONNECT_SECONDS
    options.replication_timeout = settings.replication_timeout
    options.replication_synchro_quorum = ('math.min(N, %d)'):format(settings.quorum)
    options.replication_synchro_timeout = SYNCHRO_SECONDS
    options.election_mode = 'candidate'
    options.election_timeout = find_election_timeout()
    options.election_fencing_mode = 'soft'
end

-- What a member answers to another one: {term, UUID of the replica set, when its process has started}. rejected: when the
-- process has started whose data contradict those of a quorum that the other one leads; nil: they do not.
local function confirm(rejected)
    divergence.rejoin(rejected)
    local info = box.info
    return {info.election.term, info.replicaset.uuid, divergence.started_at}
end

-- The term in which this member was elected and may write; nil: it is not the leader.
local function led_term()
    local info = box.info
    return info.election.state == 'leader' and not info.ro and info.election.term or nil
end

-- The moment since which a quorum, this member included and the one at an address (nil: none) left out, has been in this term;
-- 0: none has.
local function counted_since(term, without)
    local moments = {clock.monotonic()}
    for address, answer in pairs(answers) do
        table.insert(moments, address ~= without and answer.term == term and answer.asked_at or 0)
    end
    table.sort(moments, function(one, other) return one > other end)
    return moments[settings.quorum] or 0
end

local function ask(connection, address)
    local asked_at = clock.monotonic()
    local rejected = divergence.find_rejected(address, function()
        return counted_since(led_term(), address) > asked_at - SILENT_SECONDS
    end)
    local called, answer = pcall(connection.call, connection, 'cluster.confirm', {rejected}, {timeout = ASK_SECONDS})
    if not called or answer[2] ~= box.info.replicaset.uuid then
        return false
    end
    answers[address] = {term = answer[1], asked_at = asked_at}
    divergence.note(address, answer[3] or 0)
    leadership.extend(answer[1], counted_since(answer[1]) + LEASE_SECONDS)
    return true
end

local function connect(address, password)
    local host, port = address:match('^(.*):(%d+)$')
    return net_box.connect(host, tonumber(port), {
        user = USER, password = password, wait_connected = false, reconnect_after = EXTEND_EVERY_SECONDS, fetch_schema = false,
    })
end

local function ask_forever(address, password)
    local connection, heard_at = connect(address, password), clock.monotonic()
    while true do
        if ask(connection, address) then
            heard_at = clock.monotonic()
        elseif clock.monotonic() > heard_at + SILENT_SECONDS then
            connection:close()
            connection, heard_at = connect(address, password), clock.monotonic()
        end
        leadership.wanted:wait(EXTEND_EVERY_SECONDS)
    end
end

-- Waits until this member may answer in a term.
local function take_over(term, prepare)
    local elected_at = clock.monotonic()
    leadership.renew()
    if joining.is_formed() then
        prepare()
    else
        prepare()
        joining.form(function() return led_term() == term end)
    end
    joining.make_synchronous()
    while led_term() == term do
        local now = clock.monotonic()
        local since = counted_since(term)
        if now >= elected_at + HANDOVER_SECONDS and since >= elected_at then
            leadership.gain(term, since + LEASE_SECONDS)
            return
        end
        leadership.wanted:broadcast()
        fiber.sleep(EXTEND_EVERY_SECONDS / 5)
    end
end

local function start_fiber(name, work, ...)
    local started = fiber.create(work, ...)
    started:name(name)
end

local function follow_elections(prepare)
    local taken -- the term in which this member answers
    local tries = 0
    local elections = fiber.cond()
    box.watch('box.election', function() elections:broadcast() end)
    while true do
        local term = led_term()
        if joining.is_formed() then
            joining.make_system_synchronous()
        end
        if term == nil or term ~= taken then
            taken = nil
            leadership.lose(joining.address_of(box.info.election.leader))
        end
        if term ~= nil and taken == nil then
            local done, reason = pcall(take_over, term, prepare)
            tries = done and 0 or tries + 1
            if not done then
                log.error('cannot take over: %s', tostring(reason))
                fiber.sleep(LOOK_EVERY_SECONDS)
            end
            if tries == MAX_TRIES then
                tries = 0
                start_fiber('aside', handover.stand_aside)
            end
            taken = done and led_term() == term and term or nil
        else
            elections:wait(LOOK_EVERY_SECONDS)
        end
    end
end

-- Follows elections. prepare: what a leader does before it answers anything.
local function run(password, prepare)
    for _, peer in ipairs(settings.peers) do
        if peer ~= settings.address then
            start_fiber('lease', ask_forever, peer, password)
        end
    end
    box.cfg({replication_connect_timeout = CONNECT_SECONDS}) -- whatever is configured later does not wait for who is away
    joining.hold_changes_for_members()
    start_fiber('elections', follow_elections, prepare)
    start_fiber('copy', divergence.copy_again)
    start_fiber('log', handover.watch_log)
    start_fiber('slow disk', handover.yield_where, handover.log_stands_still)
    start_fiber('failed disk', handover.yield_where, disk.has_failed) -- which waits for a disk that stands still
    box.ctl.on_shutdown(handover.resign)
end

return {
    USER = USER,
    configure = configure,
    run = run,
    confirm = confirm,
}
