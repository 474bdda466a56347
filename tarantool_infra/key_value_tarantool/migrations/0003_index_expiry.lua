-- An index of pairs by when they expire takes the place of tuples that held each key again. Those that live for ever are in it,
-- too, before all others.

return function()
    box.space.pairs:create_index('expires_at', {
        if_not_exists = true,
        parts = {{'expires_at', 'unsigned', is_nullable = true}, {'namespace', 'unsigned'}, {'key', 'string'}},
    })
    if box.space.expirations ~= nil then
        box.space.expirations:drop()
    end
end
