-- Revisions that were lost when the data were put back from a copy (lost_revisions.lua), and the folder that the data are in
-- (data_folder.lua).

return function()
    require('common.data_folder').create_space()
    local space = box.schema.space.create('lost_revisions', {
        if_not_exists = true,
        format = {
            {'namespace', 'unsigned'},
            {'floor', 'unsigned'}, -- no change has it, nor any between the two
            {'last', 'unsigned'}, -- that was kept
        },
    })
    space:create_index('floor', {if_not_exists = true, parts = {{'namespace', 'unsigned'}, {'floor', 'unsigned'}}})
end
