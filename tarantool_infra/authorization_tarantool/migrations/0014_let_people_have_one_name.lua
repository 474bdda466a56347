-- People may have no last name.

return function()
    local format = box.space.users:format()
    for _, field in ipairs(format) do
        if field.name == 'last_name' then
            field.is_nullable = true
        end
    end
    box.space.users:format(format)
end
