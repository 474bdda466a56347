-- Stored functions of authorization_service for signing keys, called as `keys.NAME`; see common/refusals.lua.
-- There are few of them, so scans are fine.

local events = require('authorization_tarantool.events')

-- A field of a key's tuple.
local CREATED_AT = 3

-- All keys, in the order in which they begin to sign.
local function list()
    return box.space.signing_keys.index.signs_from:select()
end

-- Inserts keys where there are none.
local function adopt(keys)
    if box.space.signing_keys:len() == 0 then
        box.atomic(function()
            for _, key in ipairs(keys) do
                box.space.signing_keys:insert(key)
            end
        end)
    end
    return true
end

-- Inserts a key and limits the publication of the others to `published_until`. Returns {true}, or {false} where another key is
-- waiting to sign when this one is created, unless `although_waiting`.
local function rotate(key, published_until, although_waiting, new_events)
    local space = box.space.signing_keys
    local last = space.index.signs_from:max()
    if last ~= nil and last.signs_from > key[CREATED_AT] and not although_waiting then
        return {false}
    end
    return events.record(new_events, function()
        for _, other in ipairs(space:select()) do
            if other.published_until == nil or other.published_until > published_until then
                space:update(other.id, {{'=', 'published_until', published_until}})
            end
        end
        space:insert(key)
    end)
end

-- Deletes the keys whose publication has ended by `now`, and returns them.
local function prune(now)
    local pruned = {}
    box.atomic(function()
        for _, key in ipairs(list()) do
            if key.published_until ~= nil and key.published_until <= now then
                table.insert(pruned, box.space.signing_keys:delete(key.id))
            end
        end
    end)
    return pruned
end

return {list = list, adopt = adopt, rotate = rotate, prune = prune}
