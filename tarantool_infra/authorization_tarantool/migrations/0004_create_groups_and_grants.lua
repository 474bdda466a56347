-- Grants, held by users and by groups of users. `holder` is a user's id or a group's name.

return function()
    local groups = box.schema.space.create('groups', {
        if_not_exists = true,
        format = {{'name', 'string'}, {'created_at', 'unsigned'}},
    })
    groups:create_index('name', {if_not_exists = true, parts = {{'name', 'string'}}})

    local memberships = box.schema.space.create('memberships', {
        if_not_exists = true,
        format = {{'group', 'string'}, {'user_id', 'string'}},
    })
    memberships:create_index('group', {if_not_exists = true, parts = {{'group', 'string'}, {'user_id', 'string'}}})
    memberships:create_index('user', {if_not_exists = true, parts = {{'user_id', 'string'}, {'group', 'string'}}})

    local grants = box.schema.space.create('grants', {
        if_not_exists = true,
        format = {{'kind', 'string'}, {'holder', 'string'}, {'text', 'string'}},
    })
    grants:create_index('holder', {
        if_not_exists = true,
        parts = {{'kind', 'string'}, {'holder', 'string'}, {'text', 'string'}},
    })
    -- The rights that all users had before there were grants.
    box.atomic(function()
        for _, user in box.space.users:pairs() do
            grants:replace({'user', user.id, 'read:default'})
            grants:replace({'user', user.id, 'write:default'})
        end
    end)
end
