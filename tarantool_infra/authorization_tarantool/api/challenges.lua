-- Stored functions of authorization_service for what has begun and waits for its second step, called as `challenges.NAME`. The
-- tokens that stand for challenges are not known here, only their digests.

local clock = require('common.clock')

-- Keeps a challenge for so many seconds. Where the user, or nobody in particular, has `limit` already, the one that would expire
-- first is deleted.
local function put(digest, purpose, user_id, data, seconds, limit)
    local space = box.space.challenges
    if space.index.user:count({user_id}) >= limit then
        space:delete(space.index.user:min({user_id}).digest)
    end
    space:insert({digest, clock.steady() + seconds * 1e6, purpose, user_id, data})
    return true
end

-- {user id, data} of the challenge with this digest and purpose, or nil.
local function find(digest, purpose)
    local found = box.space.challenges:get(digest)
    if found == nil or found.purpose ~= purpose or tonumber(found.expires_at) <= clock.steady() then
        return nil
    end
    return {found.user_id, found.data}
end

-- Deletes a challenge and returns what `find` does: of several calls, one gets it.
local function take(digest, purpose)
    local found = find(digest, purpose)
    if found ~= nil then
        box.space.challenges:delete(digest)
    end
    return found
end

return {put = put, find = find, take = take}
