-- What authorization_service may ask for about revocations. Functions are called over the network as `revocations.NAME`.

return {follow = require('authorization_tarantool.revocations').follow}
