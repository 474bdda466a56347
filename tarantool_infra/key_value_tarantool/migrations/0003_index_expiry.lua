-- An index of pairs by expiry replaces a space that repeated each key. Pairs that live for ever are in it, too, first.

return function()
    box.space.pairs:create_index('expires_at', {
        if_not_exists = true,
        parts = {{'expires_at', 'unsigned', is_nullable = true}, {'namespace', 'unsigned'}, {'key', 'string'}},
    })
    if box.space.expirations ~= nil then
        box.space.expirations:drop()
    end
end
