-- Revisions of a lost past. Where an era begins (eras.lua), each namespace goes on behind a floor: the changes between its last
-- one and the floor, if there were any, are lost. It is one gap for each era in which the namespace has changed, as long as the
-- log of changes reaches behind it.

local FLOOR, LAST = 1, 2

-- By namespace id, its gaps from the oldest on, {floor, last} each; nil: to be read. Whatever writes the space, as replication,
-- empties it.
local gaps_of = nil
local is_observed = false

local function forget()
    gaps_of = nil
end

local function load()
    local space = box.space.lost_revisions
    if not is_observed then
        space:on_replace(forget)
        is_observed = true
    end
    gaps_of = {}
    for _, gap in space:pairs() do
        local id = tonumber(gap.namespace)
        gaps_of[id] = gaps_of[id] or {}
        table.insert(gaps_of[id], {tonumber(gap.floor), tonumber(gap.last)})
    end
end

-- The gaps of a namespace, or nil.
local function find(id)
    if gaps_of == nil then
        load()
    end
    return gaps_of[id]
end

-- Adds the gap between a namespace's last revision and a floor, and deletes those that are older than its oldest kept change.
-- Inside a transaction.
local function add(id, floor, last, oldest)
    local space = box.space.lost_revisions
    for _, gap in ipairs(find(id) or {}) do
        if gap[FLOOR] == last then -- nothing has changed since
            last = gap[LAST]
            space:delete({id, gap[FLOOR]})
        elseif gap[FLOOR] < oldest - 1 then
            space:delete({id, gap[FLOOR]})
        end
    end
    space:insert({id, floor, last})
end

-- The revision that is a number of changes before another one, which may be as late as that.
local function count_back(id, revision, changes)
    local found = revision - changes
    local gaps = find(id)
    for place = gaps ~= nil and #gaps or 0, 1, -1 do
        local gap = gaps[place]
        if found >= gap[FLOOR] then
            break
        end
        found = found - (gap[FLOOR] - gap[LAST])
    end
    return found
end

-- Where a follower goes on that knows a revision: there, or behind the gap that begins there. nil and the floor: the revision is
-- lost.
local function resume(id, revision)
    for _, gap in ipairs(find(id) or {}) do
        if revision == gap[LAST] then
            revision = gap[FLOOR]
        elseif revision > gap[LAST] and revision < gap[FLOOR] then
            return nil, gap[FLOOR]
        end
    end
    return revision
end

return {find = find, add = add, count_back = count_back, resume = resume}
