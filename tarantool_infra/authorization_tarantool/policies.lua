-- What administrators have decided for everybody.

-- Whether a policy is in force; policies that nobody has set are not.
local function is_on(name)
    local policy = box.space.policies:get(name)
    return policy ~= nil and policy.value
end

return {
    ADMINISTRATORS_NEED_SECOND_FACTOR = 'administrators_need_second_factor',
    is_on = is_on,
}
