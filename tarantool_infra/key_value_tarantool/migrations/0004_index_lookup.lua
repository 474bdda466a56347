-- Pairs are looked up in an index by hash, at the same cost among any number of them. The tree by key still lists them in order;
-- finding one of ten million in it reads two dozen places in memory that are in no cache. A pair takes 16 bytes more.

return function()
    box.space.pairs:create_index('lookup', {
        if_not_exists = true,
        id = 2, -- as pair.lua knows it
        type = 'hash',
        parts = {{'namespace', 'unsigned'}, {'key', 'string'}},
    })
end
