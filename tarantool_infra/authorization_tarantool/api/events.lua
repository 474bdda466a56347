-- What authorization_service may ask for about events. Functions are called over the network as `events.NAME`.

return {list = require('authorization_tarantool.events').list}
