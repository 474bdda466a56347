-- A session knows the refresh token before its latest one, so that a repeated use of that one yields the latest one again.

local ADDED = {
    {name = 'previous_secret_hash', type = 'string', is_nullable = true}, -- nil before the first refresh
    -- What the latest secret was derived from the previous one with; hexadecimal. Not secret by itself.
    {name = 'successor_salt', type = 'string', is_nullable = true},
    {name = 'succeeded_at', type = 'unsigned', is_nullable = true}, -- the first use of the previous one
}

return function()
    local sessions = box.space.sessions
    local format = sessions:format()
    if #format == 12 then
        for _, field in ipairs(ADDED) do
            table.insert(format, field)
        end
        sessions:format(format)
    end
end
