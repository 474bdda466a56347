-- Second factors of users. Inside the box.atomic of the reason where they change.

local MULTI_FACTOR = 'mfa' -- among the methods of an authentication (RFC 8176)

local function list(user_id)
    return box.space.factors.index.user:select({user_id})
end

local function has_any(user_id)
    return box.space.factors.index.user:count({user_id}) > 0
end

local function delete_recovery_codes(user_id)
    for _, code in ipairs(box.space.recovery_codes:select({user_id})) do
        box.space.recovery_codes:delete({user_id, code.code_hash})
    end
end

-- Deletes a user's recovery codes and keeps others instead, as hashes.
local function replace_recovery_codes(user_id, hashes)
    delete_recovery_codes(user_id)
    for _, hash in ipairs(hashes) do
        box.space.recovery_codes:insert({user_id, hash})
    end
end

-- Deletes a factor, and the recovery codes where it was the last one: they stand for a factor that is lost.
local function delete(factor)
    box.space.factors:delete(factor.id)
    if not has_any(factor.user_id) then
        delete_recovery_codes(factor.user_id)
    end
end

local function delete_all(user_id)
    for _, factor in ipairs(list(user_id)) do
        delete(factor)
    end
end

-- Whether these methods are enough for a session of the user: all of them where the user has no second factor.
local function are_satisfied(user_id, methods)
    for _, method in ipairs(methods) do
        if method == MULTI_FACTOR then
            return true
        end
    end
    return not has_any(user_id)
end

return {
    list = list,
    delete = delete,
    delete_all = delete_all,
    replace_recovery_codes = replace_recovery_codes,
    are_satisfied = are_satisfied,
}
