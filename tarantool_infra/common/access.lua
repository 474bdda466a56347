-- Privileges: the service calls its functions and reads the spaces that it SELECTs from; `guest` has none.

local function allow(user, wanted)
    -- Privileges that only an earlier version needed are revoked.
    for _, grant in ipairs(box.schema.user.info(user)) do
        local privileges, kind, name = unpack(grant)
        local is_builtin = kind == 'universe' or kind == 'role' or (kind == 'user' and name == user)
        if not is_builtin and not (wanted[kind] or {})[name] then
            box.schema.user.revoke(user, privileges, kind, name)
        end
    end
    for name in pairs(wanted['function']) do
        -- setuid: the function runs with its owner's rights, so the service needs none on the spaces that it changes.
        box.schema.func.create(name, {setuid = true, if_not_exists = true})
        box.schema.user.grant(user, 'execute', 'function', name, {if_not_exists = true})
    end
    for name in pairs(wanted.space) do
        box.schema.user.grant(user, 'read', 'space', name, {if_not_exists = true})
    end
end

local function set(names)
    local members = {}
    for _, name in ipairs(names) do
        members[name] = true
    end
    return members
end

local function close_guest()
    for _, grant in ipairs(box.schema.user.info('guest')) do
        local privileges, kind, name = unpack(grant)
        -- A user's right to alter itself cannot be exercised without a session.
        if not (kind == 'user' and name == 'guest') then
            box.schema.user.revoke('guest', privileges, kind, name, {if_exists = true})
        end
    end
end

-- Written only where it differs: each leader of a replica set does this before it answers anything.
local function set_password(user, password)
    local stored = box.space._user.index.name:get(user)
    if stored[5]['chap-sha1'] ~= box.schema.user.password(password) then
        box.schema.user.passwd(user, password)
    end
end

local function grant_least(user, password, functions, spaces)
    close_guest()
    box.schema.user.create(user, {if_not_exists = true})
    set_password(user, password)
    allow(user, {['function'] = set(functions), space = set(spaces)})
end

-- The user as whom the members of a replica set copy data from one another, and call one another.
local function grant_replication(user, password)
    box.schema.user.create(user, {if_not_exists = true})
    set_password(user, password)
    box.schema.user.grant(user, 'replication', nil, nil, {if_not_exists = true})
    for _, name in ipairs({'cluster.confirm', 'cluster.forget'}) do
        box.schema.func.create(name, {setuid = true, if_not_exists = true})
        box.schema.user.grant(user, 'execute', 'function', name, {if_not_exists = true})
    end
end

return {grant_least = grant_least, grant_replication = grant_replication}
