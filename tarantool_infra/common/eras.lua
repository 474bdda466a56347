-- Numbers that no lost past has used. An era begins where data were put back from a copy, or a failover was forced: what was done
-- since the copy is lost, but clients remember its numbers. In a new era, numbers begin beyond all that may have been used.

local clock = require('common.clock')

-- 2020-01-01 UTC in microseconds since 1970.
local BEGINNING = 1577836800e6
-- An era's first number is that of the clock: more than a counter that begins there reaches, and below 2^53, as far as
-- JavaScript counts exactly, until 2091.
local PER_MICROSECOND = 4
-- Where the clock is behind the numbers, there is no telling by how much: numbers of three days are left out.
local MARGIN = 2 ^ 40

-- The number that an era begins behind. `highest`: of all that the data have.
local function floor(highest)
    local of_clock = (clock.now() - BEGINNING) * PER_MICROSECOND
    return of_clock > highest and of_clock or highest + MARGIN
end

return {floor = floor}
