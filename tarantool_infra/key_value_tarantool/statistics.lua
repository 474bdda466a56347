-- What the spaces hold, for the metrics of the service.

local namespaces = require('key_value_tarantool.namespaces')

local FIELDS = namespaces.FIELDS
-- A time series for each: the largest ones.
local MAX_NAMESPACES = 50

local function has_more_pairs(one, other)
    return one[FIELDS.PAIRS] > other[FIELDS.PAIRS]
end

-- Returns {totals by name, {name, pairs, bytes, revision} of the largest namespaces}.
local function describe()
    local all, pair_count, bytes, log_bytes, revisions = {}, 0, 0, 0, 0
    for _, namespace in box.space.namespaces:pairs() do
        all[#all + 1] = namespace
        pair_count = pair_count + namespace[FIELDS.PAIRS]
        bytes = bytes + namespace[FIELDS.BYTES]
        log_bytes = log_bytes + namespace[FIELDS.LOG_BYTES]
        revisions = revisions + namespace[FIELDS.REVISION]
    end
    table.sort(all, has_more_pairs)
    local largest = {}
    for number = 1, math.min(#all, MAX_NAMESPACES) do
        local namespace = all[number]
        largest[number] = {
            namespace[FIELDS.NAME], namespace[FIELDS.PAIRS], namespace[FIELDS.BYTES], namespace[FIELDS.REVISION],
        }
    end
    return {{
        namespaces = #all,
        pairs = pair_count,
        pairs_bytes = bytes,
        revisions = revisions,
        changes_kept = box.space.changes:len(),
        changes_kept_bytes = log_bytes,
        history_kept = box.space.history:len(),
        idempotent_answers_kept = box.space.idempotency:len(),
        watch_tickets = box.space.watch_tickets:len(),
    }, largest}
end

return {describe = describe}
