-- The password that the service and this instance share: a file, created on the first start where there is none.

local digest = require('digest')
local fio = require('fio')

local BYTES = 32
local MODE = tonumber('640', 8) -- the service may run as another user of the same group

local function write_new(path)
    -- Written to another file and renamed: a reader sees the whole password or no file.
    local temporary = ('%s.%s'):format(path, digest.urandom(8):hex())
    local file, reason = fio.open(temporary, {'O_CREAT', 'O_EXCL', 'O_WRONLY'}, MODE)
    if file == nil then
        error(('cannot write the password file %s: %s'):format(path, reason), 0)
    end
    file:write(digest.urandom(BYTES):hex() .. '\n')
    file:fsync()
    file:close()
    fio.chmod(temporary, MODE)
    fio.rename(temporary, path)
end

local function read(path)
    local file, reason = fio.open(path, {'O_RDONLY'})
    if file == nil then
        error(('cannot read the password file %s: %s'):format(path, reason), 0)
    end
    local password = file:read():gsub('%s+$', '')
    file:close()
    if password == '' then
        error(('the password file %s is empty'):format(path), 0)
    end
    return password
end

return function(path)
    if not fio.path.exists(path) then
        fio.mktree(fio.dirname(path))
        write_new(path)
    end
    return read(path)
end
