-- Recognises at start that the data were put back from a copy: what has happened since the copy is lost, though clients may
-- remember it.
--
-- Two files lie beside the data, and the data know them by their inodes. A copy of the folder has others; what is copied over
-- the files changes one of them; a backup that was restored has neither. To take a folder for a copy that is none does no harm.
--
--   data.identity  is written once. The data know when it was last changed (ctime), which no copy has.
--   data.progress  says, a second later at the most, how much has been written to the log. Where the log has less, it is older.
--                  Tools that keep times while they copy over a file leave its time of writing (mtime) behind its ctime.

local fiber = require('fiber')
local fio = require('fio')
local log = require('log')

local IDENTITY, PROGRESS = 'data.identity', 'data.progress'
local IDENTITY_TEXT = 'To tell that the data were put back by a snapshot of the disk, remove this file before the start.\n'
local MODE = tonumber('600', 8)
local PROGRESS_SECONDS = 1
-- Always as long, so that a full disk does not keep it from being written.
local FORM = '%020d\n'

-- For migrations. The space is local: members of a replica set have folders of their own.
local function create_space()
    local space = box.schema.space.create('data_folder', {
        if_not_exists = true,
        is_local = true,
        format = {
            {'instance', 'string'}, -- its UUID
            {'identity', 'unsigned'}, -- an inode
            {'identified_at', 'unsigned'}, -- microseconds since 1970-01-01 UTC
            {'progress', 'unsigned'}, -- an inode
        },
    })
    space:create_index('instance', {if_not_exists = true, parts = {{'instance', 'string'}}})
end

local Folder = {}
Folder.__index = Folder

-- The folder at its start. Before box.cfg, which makes the data where there are none.
local function open(directory)
    return setmetatable({
        is_new = #fio.glob(fio.pathjoin(directory, '*.snap')) == 0,
        is_recognised = false,
    }, Folder)
end

local function microseconds(seconds)
    return math.floor(seconds * 1e6 + 0.5)
end

-- How many changes the write-ahead log has, of all members of a replica set; not of local spaces.
local function count_logged()
    local count = 0
    for member, number in pairs(box.info.vclock) do
        count = count + (member > 0 and tonumber(number) or 0)
    end
    return count
end

local function read_progress()
    local file = fio.open(PROGRESS, {'O_RDONLY'})
    local text = file ~= nil and file:read(64) or ''
    if file ~= nil then
        file:close()
    end
    return tonumber(text)
end

-- Why the data must be a copy's, or nil.
local function find_reason()
    local known = box.space.data_folder:get(box.info.uuid)
    local identity, progress = fio.stat(IDENTITY), fio.stat(PROGRESS)
    if known == nil then
        return 'they know no folder'
    elseif identity == nil or progress == nil then
        return ('%s is missing'):format(identity == nil and IDENTITY or PROGRESS)
    elseif known.identity ~= identity.inode or known.identified_at ~= microseconds(identity.ctime) then
        return IDENTITY .. ' is another file'
    elseif known.progress ~= progress.inode or progress.mtime ~= progress.ctime then
        return PROGRESS .. ' is another file'
    end
    local before = read_progress()
    return (before == nil or before > count_logged()) and 'the log was longer' or nil
end

local function write(path, flags, text)
    local file, reason = fio.open(path, flags, MODE)
    if file == nil then
        error(('cannot write %s: %s'):format(path, reason), 0)
    end
    local written = file:pwrite(text, 0)
    file:close()
    return written
end

-- Makes the data know this folder, if they do not.
local function adopt()
    fio.unlink(IDENTITY)
    fio.unlink(PROGRESS)
    write(IDENTITY, {'O_CREAT', 'O_EXCL', 'O_WRONLY'}, IDENTITY_TEXT)
    write(PROGRESS, {'O_CREAT', 'O_EXCL', 'O_WRONLY'}, FORM:format(count_logged()))
    local identity = fio.stat(IDENTITY)
    box.space.data_folder:replace({
        box.info.uuid, identity.inode, microseconds(identity.ctime), fio.stat(PROGRESS).inode,
    })
end

local function follow_progress()
    fiber.name('progress')
    local written = -1
    while true do
        local logged = count_logged()
        if logged ~= written and pcall(write, PROGRESS, {'O_WRONLY'}, FORM:format(logged)) then
            written = logged
        end
        fiber.sleep(PROGRESS_SECONDS)
    end
end

-- After recovery, once a process: where the data were put back, runs `begin_era`, which makes the numbers that were lost
-- recognisable.
function Folder:recognise(begin_era)
    if self.is_recognised then
        return
    end
    local reason = find_reason()
    if reason ~= nil then
        if not self.is_new then
            log.warn('the data were put back from a copy, or upgraded (%s): numbers go on from %s', reason,
                tostring(begin_era()):gsub('U?LL$', ''))
        end
        adopt()
    end
    self.is_recognised = true
    fiber.create(follow_progress)
end

-- Waits, in the background, until the leader of a replica set has made the space, and recognises the folder where no era has to
-- begin for it: only a leader can begin one. So it is known before this member ever leads.
function Folder:recognise_new()
    fiber.create(function()
        while box.space.data_folder == nil do
            fiber.sleep(PROGRESS_SECONDS)
        end
        if self.is_new or find_reason() == nil then
            self:recognise()
        end
    end)
end

return {create_space = create_space, open = open}
