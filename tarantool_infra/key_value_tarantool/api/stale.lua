-- Reads by an instance that follows the leader, called as `stale.read`: what it answers was true a moment ago, and nothing of it
-- can be taken back. It is not guarded by leadership.lua, by which the leader alone answers.

local changes = require('key_value_tarantool.api.changes')
local children = require('key_value_tarantool.api.children')
local clock = require('clock')
local durability = require('key_value_tarantool.durability')
local fiber = require('fiber')
local history = require('key_value_tarantool.api.history')
local key_value = require('key_value_tarantool.api.pairs')
local leadership = require('common.leadership')
local ranges = require('key_value_tarantool.api.ranges')

-- By name, the functions that may be called: they read, and are taken here before they are guarded.
local READERS = {
    ['changes.attach'] = changes.attach,
    ['changes.follow'] = changes.follow_replicated,
    ['children.list'] = children.list,
    ['history.list'] = history.list,
    ['key_value.find'] = key_value.find,
    ['key_value.read'] = key_value.read,
    ['ranges.list'] = ranges.list,
}

-- How often it is noted how far this instance has come, for when it hears nothing any more.
local NOTE_SECONDS = 0.2

-- The leader that this instance has followed last, and since when it may be behind (clock.monotonic).
local followed, caught_up_at = '', -math.huge
local notes = nil -- fiber

-- Notes how far this instance has come, where replication follows the leader: `idle` seconds ago it heard something that was
-- `lag` seconds old. A leader that has nothing new says so. The lag is the difference of two clocks, which must agree.
local function note()
    local leader = leadership.leader()
    for _, member in pairs(box.info.replication) do
        local upstream = member.upstream
        if upstream ~= nil and upstream.status == 'follow' and leader ~= '' and upstream.peer:match('[^@]*$') == leader then
            followed, caught_up_at = leader, clock.monotonic() - upstream.idle - math.max(upstream.lag, 0)
        end
    end
end

-- Begins to follow the leader's changes, at the first stale read.
local function begin()
    durability.follow()
    notes = notes or fiber.create(function()
        fiber.name('stale reads')
        while true do
            fiber.sleep(NOTE_SECONDS)
            note()
        end
    end)
end

-- Seconds by which this instance may be behind the leader. nil where it leads, and where it has not followed the present leader.
local function find_age()
    note()
    local leader = leadership.leader()
    if leadership.is_leading() or (leader ~= '' and leader ~= followed) then
        return nil
    end
    return clock.monotonic() - caught_up_at
end

-- Calls a function with an array of arguments. Returns {seconds by which the result may be behind the leader, result}; nil where
-- that is more than `max_age`, or unknown.
local function read(max_age, name, arguments)
    local work = READERS[name]
    if work == nil then
        error(('%s may not be called here'):format(tostring(name)), 0)
    end
    local age = find_age()
    if age == nil or age > max_age then
        return nil
    end
    begin()
    local began_at = clock.monotonic()
    local result = work(unpack(arguments, 1, #arguments))
    return {age + clock.monotonic() - began_at, result}
end

return {read = read}
