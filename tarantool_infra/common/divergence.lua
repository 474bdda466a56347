-- Copying between members that an error has ended: it begins again, or the member joins again with an empty folder.
--
-- An elected member writes that to its log. Where another one is elected before it has copied this, as where machines pause for
-- long, the two logs contradict each other, and Tarantool ends copying for good ("Split-Brain"). What such a member has written
-- since is confirmed nowhere: the others copy in order. So the leader of a quorum of others tells it to join again; its data are
-- set aside.

local fiber = require('fiber')
local fio = require('fio')
local log = require('log')

local joining = require('common.joining')
local leadership = require('common.leadership')
local settings = require('common.settings')

-- After which copying is tried again.
local REST_SECONDS = 5
local MARK = 'rejoin' -- a file with the name of the folder for what is set aside
local MODE = tonumber('600', 8)
local SUFFIXES = {'.snap', '.xlog', '.inprogress', '.identity', '.progress'}

local started_at = fiber.time() -- tells one process of a member from its next one
local started = {} -- by address of another member: when the process that answered last has started
local rejected = {} -- by address: when the process has started whose log contradicts
local is_leaving = false
local is_retrying = false -- what is known of members is what they were

local function has_stopped(member)
    return member.upstream ~= nil and member.upstream.status == 'stopped'
end

local function is_diverged(member)
    return has_stopped(member) and (member.upstream.message or ''):find('^Split%-Brain') ~= nil
end

local function find_member(address)
    for id, member in pairs(box.info.replication) do
        if member.upstream ~= nil and joining.address_of(id) == address then
            return member
        end
    end
end

-- Notes that a member has answered, and when its process has started.
local function note(address, moment)
    started[address] = moment
    local member = find_member(address)
    if member ~= nil and not is_retrying and is_diverged(member) then
        rejected[address] = rejected[address] or moment
    end
end

-- When the process of a member has started that must join again, as this one, which leads, has found; nil: it need not.
-- has_quorum: whether the others are a quorum.
local function find_rejected(address, has_quorum)
    local moment = rejected[address]
    return moment ~= nil and moment == started[address] and leadership.is_serving() and has_quorum() and moment or nil
end

-- Copies anew from the members that stopped, where that may help; copying from the others goes on.
local function retry()
    local without, is_needed = {}, false
    for _, source in ipairs(box.cfg.replication) do
        local address = type(source) == 'table' and source.uri or source
        local member = find_member(address)
        local is_stopped = member ~= nil and has_stopped(member)
        if is_stopped and not (is_diverged(member) and rejected[address] == started[address]) then
            is_needed, rejected[address] = true, nil
        else
            table.insert(without, source)
        end
    end
    if is_needed then
        local replication = box.cfg.replication
        is_retrying = true
        local done, reason = pcall(function()
            box.cfg({replication = without})
            box.cfg({replication = replication})
        end)
        is_retrying = false
        if not done then
            log.error('cannot copy again: %s', tostring(reason))
        end
    end
end

local function copy_again()
    while true do
        fiber.sleep(REST_SECONDS)
        retry()
    end
end

local function must(value, reason)
    if not value then
        error(('cannot set the data aside: %s'):format(tostring(reason)), 0)
    end
    return value
end

-- Ends this process; the next one joins again.
local function leave()
    local file = must(fio.open(MARK .. '.new', {'O_CREAT', 'O_TRUNC', 'O_WRONLY'}, MODE))
    must(file:write(os.date('!diverged_%Y%m%dT%H%M%SZ')) and file:fsync())
    file:close()
    must(fio.rename(MARK .. '.new', MARK))
    log.error('the data contradict those of the other members: they are set aside, and this member joins again')
    os.exit(1)
end

-- Ends the process that has started at this moment, once the request that asks for it is answered. Where this member leads, it
-- has what is confirmed, and stays.
local function rejoin(moment)
    if moment == started_at and not leadership.is_leading() and not is_leaving then
        is_leaving = true
        fiber.create(leave)
    end
end

-- Moves the data to a folder beside them where `rejoin` has ended the last process. Before they are opened; what is interrupted
-- is continued by the next start.
local function set_aside(directory)
    local mark = fio.pathjoin(directory, MARK)
    local file = settings.is_replicated and fio.open(mark, {'O_RDONLY'}) or nil
    if file == nil then
        return
    end
    local target = fio.pathjoin(directory, file:read(64))
    file:close()
    must(fio.mktree(target))
    for _, suffix in ipairs(SUFFIXES) do
        for _, path in ipairs(fio.glob(fio.pathjoin(directory, '*' .. suffix))) do
            must(fio.rename(path, fio.pathjoin(target, fio.basename(path))))
        end
    end
    must(fio.unlink(mark))
end

return {
    started_at = started_at,
    note = note,
    find_rejected = find_rejected,
    copy_again = copy_again,
    rejoin = rejoin,
    set_aside = set_aside,
}
