-- Domain events, recorded in the transaction of the change that they describe.
--
-- The latest events of each type are kept, by number and by age: an event that anybody can cause at will, as a refused login,
-- displaces only events of its own type.

local clock = require('common.clock')
local sequences = require('authorization_tarantool.sequences')
local settings = require('common.settings')

local DAY = 86400 * 1e6

local sequence = sequences.open('events')
local recorded = {} -- by type, since this instance was started

-- Deletes the oldest event of its type.
local function delete(event)
    box.space.events:delete(event.number)
    box.space.event_counts:update(event.type, {{'-', 'kept', 1}, {'=', 'forgotten', event.number}})
end

local function oldest(kind)
    return box.space.events.index.type:min({kind})
end

-- Records events. Inside the box.atomic of the change, while the users they concern exist.
-- events: {{type, user id or nil, microseconds since 1970-01-01 UTC, data as JSON text}, …}
local function append(events)
    local space, counts = box.space.events, box.space.event_counts
    for _, event in ipairs(events) do
        local kind, user_id, occurred_at, data = unpack(event, 1, 4)
        user_id = user_id ~= nil and user_id or ''
        local user = box.space.users:get(user_id)
        local number = sequence.next_number()
        space:insert({number, kind, user_id, occurred_at, data, user and user.username or '', user and user.username_key or ''})
        recorded[kind] = (recorded[kind] or 0) + 1
        counts:upsert({kind, 1, 0}, {{'+', 'kept', 1}})
        if counts:get(kind).kept > settings.events_kept then
            delete(oldest(kind))
        end
    end
end

-- Runs `change` and records its events (see `append`) in one transaction. Returns {true}; see common/refusals.lua.
local function record(events, change)
    box.atomic(function()
        change()
        append(events)
    end)
    return {true}
end

local function last_deleted(kind)
    local number = 0
    for _, count in box.space.event_counts:pairs() do
        if kind == '' or count.type == kind then
            number = math.max(number, tonumber(count.forgotten))
        end
    end
    return number
end

-- The index whose key begins with the fields that are asked for, and their values.
local function choose_index(kind, user_id, username_key)
    local name, values = {}, {}
    local function narrow(field, value)
        if value ~= '' then
            table.insert(name, field)
            table.insert(values, value)
        end
    end
    narrow('user', user_id)
    narrow('username', username_key)
    narrow('type', kind)
    return box.space.events.index[name[1] and table.concat(name, '_') or 'number'], values
end

-- Returns {last number of all, number of the latest event that was deleted, events}: up to `limit` events after the number
-- `after`, in order, of a type and of a user's id or a username key; '' matches any, and one of the latter two is ''.
-- With `newest_first`, the order is the opposite one, and events with lower numbers come after `after`.
local function list(kind, user_id, username_key, after, limit, newest_first)
    local index, key = choose_index(kind, user_id, username_key)
    local committed = sequence.last_committed() -- later ones are not on disk yet and may not be shown
    if newest_first and after > committed then
        after = committed + 1
    end
    table.insert(key, after)
    local found = {}
    for _, event in index:pairs(key, {iterator = newest_first and 'LT' or 'GT'}) do
        local matches = (kind == '' or event.type == kind) and (user_id == '' or event.user_id == user_id)
            and (username_key == '' or event.username_key == username_key)
        if #found == limit or not matches or event.number > sequence.last_committed() then
            break
        end
        table.insert(found, event)
    end
    return {sequence.last_committed(), last_deleted(kind), found}
end

local function delete_all(events)
    box.atomic(function()
        for _, event in ipairs(events) do
            delete(event)
        end
    end)
    return #events
end

local function find_outdated(limit)
    local kept_since, outdated = clock.now() - settings.events_kept_days * DAY, {}
    for _, event in box.space.events:pairs() do
        if #outdated == limit or tonumber(event.occurred_at) >= kept_since then
            break
        end
        table.insert(outdated, event)
    end
    return outdated
end

-- Events beyond the number that is kept, which was higher when they were recorded.
local function find_surplus(limit)
    local surplus = {}
    for _, count in box.space.event_counts:pairs() do
        local excess = math.min(tonumber(count.kept) - settings.events_kept, limit - #surplus)
        if excess > 0 then
            for _, event in ipairs(box.space.events.index.type:select({count.type}, {limit = excess})) do
                table.insert(surplus, event)
            end
        end
    end
    return surplus
end

local function sweep(limit)
    local swept = delete_all(find_outdated(limit))
    return swept + delete_all(find_surplus(limit - swept))
end

return {append = append, record = record, list = list, recorded = recorded, sweep = sweep, sequence = sequence}
