-- Counters of attempts know when they were changed, so that their times can be shifted where the clock is set back.

return function()
    for _, name in ipairs({'attempts_by_pair', 'attempts_by_account', 'attempts_by_address'}) do
        local space = box.space[name]
        local format = space:format()
        if format[#format].name ~= 'changed_at' then
            table.insert(format, {name = 'changed_at', type = 'unsigned', is_nullable = true})
            space:format(format)
        end
    end
end
