-- A session keeps the scope that was requested for its first token, so that refreshing cannot widen it.

return function()
    local format = box.space.sessions:format()
    if format[12] == nil then
        table.insert(format, {name = 'scope', type = 'string', is_nullable = true}) -- nil: all that the user may do
        box.space.sessions:format(format)
    end
end
