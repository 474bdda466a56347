-- Stored function of key_value_service for one level of a namespace's tree of keys, called as `children.list`; see
-- common/refusals.lua.

-- LuaJIT of Tarantool 2.6 crashes while it compiles `jump`. Interpreted, a page of a thousand children takes a few milliseconds.
jit.off(true, true)

local PAIR = require('key_value_tarantool.pair')
local changes = require('key_value_tarantool.changes')
local durability = require('key_value_tarantool.durability')
local namespaces = require('key_value_tarantool.namespaces')
local refusals = require('key_value_tarantool.refusals')

local ID, REVISION = namespaces.FIELDS.ID, namespaces.FIELDS.REVISION
local NAMESPACE, KEY, VALUE = PAIR.NAMESPACE, PAIR.KEY, PAIR.VALUE
-- Expired pairs are skipped: a page looks at up to that many beyond its limit.
local MAX_SKIPPED = 1000
-- In the order of their bytes, all UTF-8 that begins with a text comes before the text with this byte.
local BEHIND_UTF8 = '\xff'

-- The branch that a key belongs to: its beginning up to the first delimiter behind the prefix. nil for a leaf.
local function find_branch(key, prefix_bytes, delimiter)
    local _, last = key:find(delimiter, prefix_bytes + 1, true)
    return last and key:sub(1, last)
end

-- Where to go on behind a branch, and how: in the order of keys, or in reverse.
local function jump(id, branch, reverse)
    if reverse then
        return {id, branch}, 'LT'
    end
    return {id, branch .. BEHIND_UTF8}, 'GE'
end

-- Returns the children of a page, and the text to go on with or nil. A branch costs one search of the index, however many keys
-- it has: the iteration begins anew behind it.
local function collect(id, now, prefix_bytes, delimiter, first, stop, limit, reverse)
    local found, seen, before = {}, 0, nil
    local start, iterator = {id, first}, 'GE'
    if reverse then
        start, iterator = stop == nil and {id} or {id, stop}, stop == nil and 'REQ' or 'LT'
    end
    while start ~= nil do
        local branch = nil
        for _, pair in box.space.pairs:pairs(start, {iterator = iterator}) do
            local key = pair[KEY]
            if pair[NAMESPACE] ~= id or (reverse and key < first) or (not reverse and stop ~= nil and key >= stop) then
                return found, nil
            end
            branch = find_branch(key, prefix_bytes, delimiter)
            if #found == limit or seen == limit + MAX_SKIPPED then
                if reverse then
                    return found, before
                end
                -- From the branch itself: what is written into it meanwhile may come before this key.
                return found, branch and branch > first and #found == limit and branch or key
            end
            seen = seen + 1
            if PAIR.is_expired(pair, now) then
                branch, before = nil, key
            elseif branch ~= nil then
                found[#found + 1], before = branch, branch
                break
            else
                found[#found + 1] = {pair[NAMESPACE], key, '', pair:unpack(VALUE + 1)}
                before = key
            end
        end
        start = nil
        if branch ~= nil then
            start, iterator = jump(id, branch, reverse)
        end
    end
    return found, nil
end

-- The children of a prefix of `prefix_bytes` bytes among the keys with `first` <= key < `stop` (null: to the end), in order, or
-- with `reverse` in reverse order: each pair whose key has no delimiter behind the prefix, with an empty value, and once for all
-- others the text up to and with that delimiter. Children without pairs that have not expired are skipped.
-- Returns {tuples and texts, revision, the text to go on with or nil}: the next page is at or after it, with `reverse` before it.
local function list(name, prefix_bytes, delimiter, first, stop, limit, reverse)
    while true do
        local namespace = namespaces.find(name)
        if namespace == nil then
            return refusals.NO_NAMESPACE
        end
        local id, revision = namespace[ID], namespace[REVISION]
        local found, position = collect(id, changes.now(), prefix_bytes, delimiter, first, stop, limit, reverse)
        if durability.wait(id, revision) then
            return {found, revision, position}
        end
    end
end

return {list = list}
