-- Adding numbers that are written as JSON, so that integers stay exact and doubles stay doubles.

local ffi = require('ffi')

local INTEGER = '^-?%d+$'
local SMALLEST, LARGEST = -9223372036854775808LL, 9223372036854775807LL

-- The 64-bit signed integer that a JSON text is, or nil.
local function to_integer(text)
    if not text:match(INTEGER) then
        return nil
    end
    local number = tonumber64(text)
    if number == nil or (ffi.istype('uint64_t', number) and number > 9223372036854775807ULL) then
        return nil
    end
    return ffi.cast('int64_t', number)
end

local function to_text(double)
    for digits = 15, 17 do
        local text = ('%.' .. digits .. 'g'):format(double)
        if tonumber(text) == double then
            return text:find('[.e]') and text or text .. '.0'
        end
    end
    return nil
end

local function is_number(text)
    return text:match('^-?%d') ~= nil
end

-- Returns the JSON text of the sum, or nil and the reason: 'not a number' or 'overflow'.
local function add(text, by)
    if not is_number(text) then
        return nil, 'not a number'
    end
    if text:match(INTEGER) and by:match(INTEGER) then
        local left, right = to_integer(text), to_integer(by)
        if left == nil or right == nil then
            return nil, 'overflow'
        end
        if (right > 0 and left > LARGEST - right) or (right < 0 and left < SMALLEST - right) then
            return nil, 'overflow'
        end
        return (tostring(left + right):gsub('LL$', ''))
    end
    local sum = tonumber(text) + tonumber(by)
    if sum ~= sum or sum == math.huge or sum == -math.huge then
        return nil, 'overflow'
    end
    return to_text(sum)
end

return {add = add}
