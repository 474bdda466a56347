-- Stored functions of authorization_service for revocations, called as `revocations.NAME`.

return {follow = require('authorization_tarantool.revocations').follow}
