-- Answers to requests with an idempotency key. They are kept for a while, so that a repetition gets the first answer and changes
-- nothing. An answer is written in the transaction of the change, a refusal right after the look that it is due to.
--
-- memtx shows an answer to all fibers before the write-ahead log has it. A repetition waits until that is on disk.

local changes = require('key_value_tarantool.changes')
local fiber = require('fiber')
local memory = require('key_value_tarantool.memory')
local namespaces = require('key_value_tarantool.namespaces')
local packed = require('key_value_tarantool.packed')
local refusals = require('key_value_tarantool.refusals')
local settings = require('common.settings')

local ID = namespaces.FIELDS.ID
-- Fields of a tuple.
local NAMESPACE, KEY, FINGERPRINT, KEPT_UNTIL = 1, 2, 3, 4

-- A longer answer is refused and nothing done: the repetition could not get it.
local MAX_ANSWER_BYTES = 64 * 1024
local MAX_BYTES = settings.memtx_memory / 4
-- Bytes that a tuple takes beside its own, in the indexes and in the slabs.
local OVERHEAD = 70

local being_answered = {} -- by namespace id and key: true
local answered = fiber.cond()

local function is_full()
    local space = box.space.idempotency
    return space:bsize() + space:len() * OVERHEAD > MAX_BYTES
end

-- The answer that is kept for a request, or nil.
local function find(id, key)
    local kept = box.space.idempotency:get({id, key})
    return kept ~= nil and kept[KEPT_UNTIL] > changes.now() and kept or nil
end

-- Keeps an answer; returns whether it is short enough. Inside a transaction. Raises Tarantool's error where memory is full.
local function keep(id, request, answer)
    local key, fingerprint, milliseconds = unpack(request, 1, 3)
    local kept = box.tuple.new({id, key, fingerprint, changes.now() + milliseconds, answer})
    local bytes = kept:bsize()
    if bytes > MAX_ANSWER_BYTES then
        return false
    end
    memory.claim(bytes)
    box.space.idempotency:replace(kept)
    return true
end

-- Returns the answer, once it is on disk with what it says. `is_tried_again`: see Changes in changes.lua.
local function answer(namespace, request, expected, work, ...)
    local change = changes.begin(namespace)
    local result, refusal = changes.work_and_settle(change, expected, work, ...)
    if refusal ~= nil then
        box.rollback()
        if change.is_tried_again then
            return refusal
        end
        box.begin()
    end
    if (refusal ~= nil and refusal[1] == refusals.TOO_LARGE[1]) or not keep(change.id, request, refusal or result) then
        box.rollback()
        return refusals.ANSWER_TOO_LARGE
    end
    if refusal == nil then
        change:commit()
    else
        box.commit()
    end
    return refusal or result
end

-- As changes.apply where `request` is nil. It is {key, fingerprint, milliseconds to keep the answer for}: the first call with the
-- key keeps its answer, and further ones get that. Returns {false, answer} or {true, the tuple that has the answer}.
-- Refuses KEY_REUSED where the fingerprint is not that of the first call, TOO_MANY_ANSWERS where no more are kept, and
-- ANSWER_TOO_LARGE.
local apply
apply = function(request, name, expected, work, ...)
    if request == nil then
        return changes.apply(name, expected, work, ...)
    end
    local namespace = namespaces.locate(name)
    if namespace == nil then
        return {false, refusals.NO_NAMESPACE}
    end
    local id = packed.number(namespace, ID)
    local place = id .. ' ' .. request[1]
    if being_answered[place] then
        answered:wait()
        return apply(request, name, expected, work, ...)
    end
    local kept = find(id, request[1])
    if kept ~= nil then
        if kept[FINGERPRINT] ~= request[2] then
            return {false, refusals.KEY_REUSED}
        end
        return {true, kept}
    end
    if is_full() then
        return {false, refusals.TOO_MANY_ANSWERS}
    end
    being_answered[place] = true
    local done, result = pcall(answer, namespace, request, expected, work, ...)
    if not done and box.is_in_txn() then
        box.rollback()
    end
    being_answered[place] = nil
    answered:broadcast()
    if not done then
        error(result, 0)
    end
    return {false, result}
end

-- Deletes up to `limit` answers that are not to be kept any longer; returns how many.
local function sweep(limit)
    local now, count = changes.now(), 0
    box.atomic(function()
        for _, kept in ipairs(box.space.idempotency.index.kept_until:select({}, {limit = limit})) do
            if kept[KEPT_UNTIL] <= now then
                box.space.idempotency:delete({kept[NAMESPACE], kept[KEY]})
                count = count + 1
            end
        end
    end)
    return count
end

return {apply = apply, sweep = sweep}
