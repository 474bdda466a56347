-- A value may be bytes, too (pair.lua). Every text is a scalar, so Tarantool checks no tuple and writes none: pairs and their
-- memory stay as they are.

return function()
    local format = box.space.pairs:format()
    format[3].type = 'scalar'
    box.space.pairs:format(format)
end
