-- Why stored functions of authorization_service refuse; see common/refusals.lua.

return require('common.refusals').define({
    ATTEMPTS_UNDER_WAY = {'attempts under way'},
    ACCESS_DENIED = {'access denied'},
    AUTHORIZATION_PENDING = {'authorization pending'},
    CODE_EXPIRED = {'code expired'},
    INVALID_CODE = {'invalid code'},
    INVALID_REFRESH_TOKEN = {'invalid refresh token'},
    LAST_ADMINISTRATOR = {'last administrator'},
    NO_FACTOR = {'no factor'},
    NO_GROUP = {'no group'},
    NO_REQUEST = {'no request'},
    NO_SESSION = {'no session'},
    NO_USER = {'no user'},
    PASSKEY_TAKEN = {'passkey taken'},
    SECOND_FACTOR_MISSING = {'second factor missing'},
    TOO_MANY_FACTORS = {'too many factors'},
    TOO_MANY_GRANTS = {'too many grants'},
    TOO_MANY_GROUPS = {'too many groups'},
    TOO_MANY_MEMBERS = {'too many members'},
    SLOW_DOWN = {'slow down'},
    USERNAME_TAKEN = {'username taken'},
    WRONG_CREDENTIALS = {'wrong credentials'},

    -- The session that it had opened has ended.
    code_reused = function(session_id)
        return {'code reused', session_id}
    end,
    -- The session has ended.
    refresh_token_reused = function(session_id)
        return {'refresh token reused', session_id}
    end,
    -- microseconds: until the next attempt may be made
    too_many_attempts = function(microseconds)
        return {'too many attempts', microseconds}
    end,
})
