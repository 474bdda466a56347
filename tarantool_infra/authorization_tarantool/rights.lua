-- Grants of users and groups. A user's rights are its own grants and those of its groups.
--
-- A grant is stored as its text, `<action>:<pattern>`. Tokens carry it, so there are bounds to what a user may hold; checks come
-- before the change that they allow, and nothing yields between the two.

local revocations = require('authorization_tarantool.revocations')
local sessions = require('authorization_tarantool.sessions')

-- Values of a field in the tuples with this key.
local function collect(index, key, field)
    local values = {}
    for _, tuple in index:pairs(key) do
        table.insert(values, tuple[field])
    end
    return values
end

local function list(kind, holder)
    return collect(box.space.grants, {kind, holder}, 'text')
end

local function list_groups(user_id)
    return collect(box.space.memberships.index.user, user_id, 'group')
end

local function list_members(group)
    return collect(box.space.memberships, group, 'user_id')
end

-- All of a user's grants and those in `more`, each once.
local function combine(user_id, more)
    local seen, texts = {}, {}
    local function add(several)
        for _, text in ipairs(several) do
            if not seen[text] then
                seen[text] = true
                table.insert(texts, text)
            end
        end
    end
    add(list('user', user_id))
    for _, group in ipairs(list_groups(user_id)) do
        add(list('group', group))
    end
    add(more or {})
    return texts
end

-- Whether a user with these additional grants would have more grants, or longer ones in all, than a token may carry.
local function exceeds(user_id, more, bounds)
    local texts = combine(user_id, more)
    return #texts > bounds.grants or #table.concat(texts, ' ') > bounds.bytes
end

-- Deletes all grants of a holder.
local function clear(kind, holder)
    for _, text in ipairs(list(kind, holder)) do
        box.space.grants:delete({kind, holder, text})
    end
end

-- Revokes the access tokens of these users, which carry their previous grants. Sessions go on: the next token has the new grants.
local function revoke_tokens(user_ids)
    for _, user_id in ipairs(user_ids) do
        local expires_at = 0
        for _, session in ipairs(sessions.list(user_id)) do
            expires_at = math.max(expires_at, tonumber(session.tokens_expire_at) / 1e6)
        end
        if expires_at > 0 then
            revocations.append('subject', user_id, 0, expires_at)
        end
    end
end

return {
    list = list,
    list_groups = list_groups,
    list_members = list_members,
    combine = combine,
    exceeds = exceeds,
    clear = clear,
    revoke_tokens = revoke_tokens,
}
