-- What authorization_service may ask for. Functions are called over the network as `users.NAME`.

-- Inserts a user. Returns false, and changes nothing, where the name is taken.
local function register(user)
    if box.space.users.index.username_key:get(user[2]) ~= nil then
        return false
    end
    box.space.users:insert(user)
    return true
end

return {register = register}
