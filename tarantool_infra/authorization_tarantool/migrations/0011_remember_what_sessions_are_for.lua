-- A session keeps the scopes that its first token was asked to allow, so that refreshing brings none that allows more.

return function()
    local format = box.space.sessions:format()
    if format[12] == nil then
        table.insert(format, {name = 'scope', type = 'string', is_nullable = true}) -- nil: all that the user may do
        box.space.sessions:format(format)
    end
end
