-- Begins an era: see common/eras.lua. Afterwards no revision that may have been lost is used again, in any namespace, also in one
-- that was created in the lost past.

local change_log = require('key_value_tarantool.change_log')
local durability = require('key_value_tarantool.durability')
local eras = require('common.eras')
local lost_revisions = require('key_value_tarantool.lost_revisions')

local SLICE = 1000

local function highest_revision()
    local forgotten = box.space.forgotten_revisions.index.revision:max()
    local highest = forgotten ~= nil and tonumber(forgotten.revision) or 0
    for _, namespace in box.space.namespaces:pairs() do
        highest = math.max(highest, tonumber(namespace.revision))
    end
    return highest
end

local function move(namespaces, floor)
    box.atomic(function()
        for _, namespace in ipairs(namespaces) do
            local id, last = namespace.id, tonumber(namespace.revision)
            lost_revisions.add(id, floor, last, change_log.oldest_revision(id, last))
            box.space.namespaces:update(id, {{'=', 'revision', floor}})
        end
    end)
    for _, namespace in ipairs(namespaces) do
        durability.reach(namespace.id, floor)
    end
end

-- Takes all namespaces, and those to come, behind a floor, which it returns. Nothing may change meanwhile. Where it ends before
-- its time, begin another era.
local function begin()
    local floor = eras.floor(highest_revision())
    local last_id = 0
    while true do
        local namespaces = box.space.namespaces:select(last_id, {iterator = 'GT', limit = SLICE})
        if #namespaces == 0 then
            break
        end
        move(namespaces, floor)
        last_id = namespaces[#namespaces].id
    end
    box.atomic(function()
        local forgotten = box.space.forgotten_revisions
        for _, one in ipairs(forgotten:select()) do
            forgotten:delete(one.revision)
        end
        forgotten:insert({floor})
    end)
    return floor
end

return {begin = begin}
