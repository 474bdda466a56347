-- What clients have to be told of sessions that have ended (OpenID Connect Back-Channel Logout 1.0), and to which clients a user
-- has signed in in a browser. Times are microseconds since 1970-01-01 UTC.

return function()
    local notices = box.schema.space.create('logout_notices', {
        if_not_exists = true,
        format = {
            {'client_id', 'string'},
            {'sid', 'string'}, -- of the browser session, as ID tokens have it
            {'user_id', 'string'},
            {'due_at', 'unsigned'}, -- when the client is told, or told again
            {'attempts', 'unsigned'},
            {'revision', 'unsigned'}, -- grows with each reason to tell the client
        },
    })
    notices:create_index('client', {if_not_exists = true, parts = {{'client_id', 'string'}, {'sid', 'string'}}})
    notices:create_index('due', {
        if_not_exists = true,
        parts = {{'client_id', 'string'}, {'due_at', 'unsigned'}, {'sid', 'string'}},
    })

    local format = box.space.browser_sessions:format()
    if #format == 7 then
        table.insert(format, {name = 'client_ids', type = 'array', is_nullable = true}) -- nil: of an earlier version
        box.space.browser_sessions:format(format)
    end
end
