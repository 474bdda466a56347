-- The folder that the data are in, so that data that were put back from a copy are recognised (data_folder.lua).

return function()
    require('common.data_folder').create_space()
end
