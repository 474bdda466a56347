-- Numbered Lua files, applied in order, once each, and recorded in the space `schema_migrations`.
--
-- A file `NNNN_what_it_does.lua` returns a function without arguments. It is recorded only when that has returned, so it must be
-- safe to run again after a crash half-way (`if_not_exists` and the like).

local fio = require('fio')
local log = require('log')

local function history()
    local space = box.schema.space.create('schema_migrations', {
        if_not_exists = true,
        format = {{'number', 'unsigned'}, {'name', 'string'}, {'applied_at', 'number'}},
    })
    space:create_index('number', {if_not_exists = true, parts = {{'number', 'unsigned'}}})
    return space
end

local function files(directory)
    local names = {}
    for _, path in ipairs(fio.glob(fio.pathjoin(directory, '*.lua'))) do
        local name = fio.basename(path)
        local number = tonumber(name:match('^(%d%d%d%d)_'))
        if number == nil then
            error(('migration %s: the name must begin with four digits and an underscore'):format(name), 0)
        end
        table.insert(names, {number = number, name = name, path = path})
    end
    table.sort(names, function(a, b) return a.number < b.number end)
    for position, migration in ipairs(names) do
        if migration.number ~= position then
            error(('migration %s: expected number %04d'):format(migration.name, position), 0)
        end
    end
    return names
end

local function apply(directory)
    local applied = history()
    local known = files(directory)
    local last = applied.index.number:max()
    if last ~= nil and last.number > #known then
        error(('the data has migration %s, which this version does not know: run a newer version'):format(last.name), 0)
    end
    for _, migration in ipairs(known) do
        local record = applied:get(migration.number)
        if record == nil then
            log.warn('applying migration %s', migration.name)
            dofile(migration.path)()
            applied:insert({migration.number, migration.name, require('clock').time()})
        elseif record.name ~= migration.name then
            error(('migration %s was applied under the name %s'):format(migration.name, record.name), 0)
        end
    end
end

return {apply = apply}
