-- Namespaces: a name, settings, and what their pairs add up to.

local clock = require('common.clock')

local DEFAULT = 'default'
local CHANGES_KEPT = 10000

-- Of a tuple of the space, for those who read it at every request.
local FIELDS = {ID = 1, NAME = 2, REVISION = 3, PAIRS = 4, BYTES = 5, LOG_BYTES = 6}

-- The namespace's tuple, or nil.
local function find(name)
    return box.space.namespaces.index.name:get(name)
end

-- The revision that a new namespace begins at. What a deleted one of its name has counted is not counted again: whoever
-- remembers a revision of that must not take it for one of this.
local function first_revision()
    local last = box.space.forgotten_revisions.index.revision:max()
    return last and last.revision or 0
end

-- settings: {description, quota of pairs, quota of bytes, default TTL in milliseconds, kept changes}; those in the middle may be
-- null.
-- Inside a transaction.
local function create(name, settings)
    local description, quota_pairs, quota_bytes, default_ttl, changes_kept = unpack(settings, 1, 5)
    return box.space.namespaces:insert({
        box.NULL, name, first_revision(), 0, 0, 0, clock.now(), description,
        changes_kept, quota_pairs, quota_bytes, default_ttl,
    })
end

return {
    DEFAULT = DEFAULT,
    DEFAULT_SETTINGS = {'', box.NULL, box.NULL, box.NULL, CHANGES_KEPT},
    FIELDS = FIELDS,
    find = find,
    create = create,
}
