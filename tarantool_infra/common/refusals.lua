-- The contract between stored functions that may refuse and the services that call them; the other side is
-- shared_kernel/infrastructure/stored_functions.py.
--
-- Such a function returns an array:
--   {reason, details…}  a refusal: what was asked for was not done. The reason is a string in words; the instance's refusals.lua
--                       has them all, and its service an exception for each (refusals.py).
--   {…}                 anything else begins with something that is no string. A function that has nothing else to answer
--                       returns {true} where it has changed something and {false} where there was nothing to change.
-- A function that only looks for something may return nil where there is none. What cannot go on, as without memory, is raised.
--
-- Reasons are part of the protocol: services of other versions know them. Add some, rename none.

-- Returns the refusals of an instance, which nobody changes: by name, a refusal without details, made once so that refusing
-- allocates nothing, or a function that makes one of its details. A name that is not among them raises an error: nil would be no
-- refusal.
local function define(refusals)
    return setmetatable(refusals, {
        __index = function(_, name)
            error(('there is no refusal %s'):format(name), 2)
        end,
    })
end

return {define = define}
