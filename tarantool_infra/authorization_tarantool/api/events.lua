-- Stored functions of authorization_service for events, called as `events.NAME`.

return {list = require('authorization_tarantool.events').list}
