-- What authorization_service may ask for about attempts at passwords. Functions are called over the network as `attempts.NAME`.

local attempts = require('authorization_tarantool.attempts')

local function unlock(account)
    return box.atomic(attempts.unlock, account)
end

return {reserve = attempts.reserve, succeed = attempts.succeed, release = attempts.release, unlock = unlock}
