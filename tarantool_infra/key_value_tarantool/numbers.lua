-- Addition of numbers as JSON text, so that integers stay exact and doubles stay doubles.

local ffi = require('ffi')
local PAIR = require('key_value_tarantool.pair')
local packed = require('key_value_tarantool.packed')
local refusals = require('key_value_tarantool.refusals')

local VALUE, EXPIRES_AT = PAIR.VALUE, PAIR.EXPIRES_AT

local INTEGER = '^(-?)(%d+)$'
-- Magnitudes of 64-bit signed integers.
local MAX_NEGATIVE, MAX_POSITIVE = 9223372036854775808ULL, 9223372036854775807ULL
local MAX_UNSIGNED = 18446744073709551615ULL

-- Returns whether the integer in a JSON text is negative, and its magnitude; nil where the text is no integer.
local function parse_integer(text)
    local sign, digits = text:match(INTEGER)
    if digits == nil then
        return nil
    end
    return sign == '-', ffi.cast('uint64_t', tonumber64(digits))
end

-- Whether the text is an integer below -2^63 or above 2^64-1: it can be stored, but not be computed with.
local function is_beyond_64_bits(text)
    local sign, digits = text:match(INTEGER)
    local bound = sign == '-' and '9223372036854775808' or '18446744073709551615'
    return digits ~= nil and (#digits > #bound or #digits == #bound and digits > bound)
end

local function render_integer(is_negative, magnitude)
    if magnitude > (is_negative and MAX_NEGATIVE or MAX_POSITIVE) then
        return nil, refusals.OVERFLOW
    end
    local digits = tostring(magnitude):gsub('ULL$', '')
    return (is_negative and magnitude > 0 and '-' or '') .. digits
end

local function add_integers(left_negative, left, right_negative, right)
    if left_negative ~= right_negative then
        if left >= right then
            return render_integer(left_negative, left - right)
        end
        return render_integer(right_negative, right - left)
    end
    if left > MAX_UNSIGNED - right then
        return nil, refusals.OVERFLOW
    end
    return render_integer(left_negative, left + right)
end

local function render_double(double)
    for digits = 15, 17 do
        local text = ('%.' .. digits .. 'g'):format(double)
        if tonumber(text) == double then
            return text:find('[.e]') and text or text .. '.0'
        end
    end
end

-- Returns the JSON text of the sum of two numbers, or nil and a refusal: NOT_A_NUMBER or OVERFLOW.
-- Integers have an exact sum, a 64-bit signed integer; other numbers are added as doubles (IEEE 754), and their sum is written
-- with a fraction or an exponent. `text` is nil where a value is bytes; `by` has at most 64 bits.
local function add(text, by)
    if text == nil or not text:match('^-?%d') then
        return nil, refusals.NOT_A_NUMBER
    end
    if is_beyond_64_bits(text) then
        return nil, refusals.OVERFLOW
    end
    local left_negative, left = parse_integer(text)
    local right_negative, right = parse_integer(by)
    if left ~= nil and right ~= nil then
        return add_integers(left_negative, left, right_negative, right)
    end
    local sum = tonumber(text) + tonumber(by)
    if sum ~= sum or sum == math.huge or sum == -math.huge then
        return nil, refusals.OVERFLOW
    end
    return render_double(sum)
end

-- Adds to the number that a pair holds and keeps its expiry. A pair that does not exist counts as 0.
-- Returns the JSON text of the sum, nil, and whether the pair is new; or nil and a refusal, as `add` does.
local function increment(change, key, by)
    local pair = change:find(key)
    local text = '0'
    if pair ~= nil then
        text = packed.text(pair, VALUE)
    end
    local sum, refusal = add(text, by)
    if sum == nil then
        return nil, refusal
    end
    local expires_at
    if pair ~= nil then
        expires_at = pair[EXPIRES_AT]
    else
        expires_at = change:expiry(nil)
    end
    change:put(key, sum, expires_at)
    return sum, nil, pair == nil
end

local function is_double(text)
    return type(text) == 'string' and text:match('^-?%d+[.e]') ~= nil
end

-- Whether two values are the same double, which can be spelt in several ways: a sum's 1e+16 is a client's 1e16.
local function is_same_double(left, right)
    return is_double(left) and is_double(right) and tonumber(left) ~= 0 and tonumber(left) == tonumber(right)
end

-- Whether two values (packed.put_value; nil: none) are equal. Bytes equal no JSON text.
local function are_equal(left, right)
    if type(left) == 'table' and type(right) == 'table' then
        return tostring(left[1]) == tostring(right[1])
    end
    return left == right or is_same_double(left, right)
end

return {increment = increment, are_equal = are_equal}
