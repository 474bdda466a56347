-- What has happened, kept with the change that it tells of.
--
-- Of each type the latest events are kept, in number and in age: whatever anybody can make happen as often as they like, like
-- being refused a login, pushes out nothing but its like.

local clock = require('common.clock')
local numbers = require('authorization_tarantool.numbers')
local settings = require('common.settings')

local DAY = 86400 * 1e6

local take_number, get_committed = numbers.of('events')

-- Removes the oldest event of a type.
local function forget(event)
    box.space.events:delete(event.number)
    box.space.event_counts:update(event.type, {{'-', 'kept', 1}, {'=', 'forgotten', event.number}})
end

local function get_oldest(kind)
    return box.space.events.index.type:min({kind})
end

-- For other stored functions, inside the box.atomic of the change, while the users it concerns are there.
-- events: {{type, user id or nil, microseconds since 1970-01-01 UTC, data as JSON text}, …}
local function append(events)
    local space, counts = box.space.events, box.space.event_counts
    for _, event in ipairs(events) do
        local kind, user_id, occurred_at, data = unpack(event, 1, 4)
        user_id = user_id ~= nil and user_id or ''
        local user = box.space.users:get(user_id)
        local number = take_number()
        space:insert({number, kind, user_id, occurred_at, data, user and user.username or '', user and user.username_key or ''})
        counts:upsert({kind, 1, 0}, {{'+', 'kept', 1}})
        if counts:get(kind).kept > settings.events_kept then
            forget(get_oldest(kind))
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

local function get_forgotten(kind)
    local forgotten = 0
    for _, count in box.space.event_counts:pairs() do
        if kind == '' or count.type == kind then
            forgotten = math.max(forgotten, tonumber(count.forgotten))
        end
    end
    return forgotten
end

-- The index that has what is asked for side by side, and the values that it begins with.
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

-- {last number of all, number of the latest that is forgotten, events}: up to `most` behind the number `after`, in order: those
-- of a type, and of a user's id or a username key; '' is any, and one of the latter two is.
local function list(kind, user_id, username_key, after, most)
    local index, key = choose_index(kind, user_id, username_key)
    table.insert(key, after)
    local found = {}
    for _, event in index:pairs(key, {iterator = 'GT'}) do
        local matches = (kind == '' or event.type == kind) and (user_id == '' or event.user_id == user_id)
            and (username_key == '' or event.username_key == username_key)
        if #found == most or not matches or event.number > get_committed() then
            break
        end
        table.insert(found, event)
    end
    return {get_committed(), get_forgotten(kind), found}
end

local function forget_all(events)
    box.atomic(function()
        for _, event in ipairs(events) do
            forget(event)
        end
    end)
    return #events
end

local function find_outdated(most)
    local limit, outdated = clock.now() - settings.events_kept_days * DAY, {}
    for _, event in box.space.events:pairs() do
        if #outdated == most or tonumber(event.occurred_at) >= limit then
            break
        end
        table.insert(outdated, event)
    end
    return outdated
end

-- Events that are too many only because the bound was higher when they happened.
local function find_surplus(most)
    local surplus = {}
    for _, count in box.space.event_counts:pairs() do
        local excess = math.min(tonumber(count.kept) - settings.events_kept, most - #surplus)
        if excess > 0 then
            for _, event in ipairs(box.space.events.index.type:select({count.type}, {limit = excess})) do
                table.insert(surplus, event)
            end
        end
    end
    return surplus
end

local function sweep(most)
    local swept = forget_all(find_outdated(most))
    return swept + forget_all(find_surplus(most - swept))
end

return {append = append, record = record, list = list, sweep = sweep}
