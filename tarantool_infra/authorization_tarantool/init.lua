-- The Tarantool of authorization_service. Settings: see common/settings.lua.

local fio = require('fio')
local here = fio.dirname(fio.abspath(arg[0]))
package.path = fio.dirname(here) .. '/?.lua;' .. package.path

attempts = require('authorization_tarantool.api.attempts')
browser_sessions = require('authorization_tarantool.api.browser_sessions')
challenges = require('authorization_tarantool.api.challenges')
clients = require('authorization_tarantool.api.clients')
cluster = require('common.membership')
codes = require('authorization_tarantool.api.codes')
consents = require('authorization_tarantool.api.consents')
devices = require('authorization_tarantool.api.devices')
disk = require('common.disk')
eras = require('authorization_tarantool.eras')
events = require('authorization_tarantool.api.events')
factors = require('authorization_tarantool.api.factors')
grants = require('authorization_tarantool.api.grants')
groups = require('authorization_tarantool.api.groups')
keys = require('authorization_tarantool.api.keys')
logout_notices = require('authorization_tarantool.api.logout_notices')
lookup = require('common.lookup')
policies = require('authorization_tarantool.api.policies')
pushed_requests = require('authorization_tarantool.api.pushed_requests')
revocations = require('authorization_tarantool.api.revocations')
sessions = require('authorization_tarantool.api.sessions')
statistics = require('common.statistics')
users = require('authorization_tarantool.api.users')

-- Services of earlier versions SELECT from them.
local READABLE_SPACES = {'clients', 'groups', 'users'}

lookup.allow(READABLE_SPACES)
statistics.add(require('authorization_tarantool.statistics').describe)

require('common.instance').start({
    user = 'authorization_service',
    functions = {
        'attempts.fail',
        'attempts.release',
        'attempts.reserve',
        'attempts.succeed',
        'attempts.unlock',
        'browser_sessions.find',
        'browser_sessions.finish',
        'browser_sessions.finish_of_user',
        'browser_sessions.list',
        'browser_sessions.open',
        'challenges.find',
        'challenges.put',
        'challenges.take',
        'clients.change_secret',
        'clients.create',
        'clients.delete',
        'clients.list',
        'clients.put',
        'clients.read',
        'cluster.status',
        'codes.find',
        'codes.issue',
        'codes.redeem',
        'consents.find',
        'consents.give',
        'consents.list',
        'consents.withdraw',
        'devices.begin',
        'devices.decide',
        'devices.find',
        'devices.redeem',
        'disk.is_writable',
        'events.list',
        'factors.add',
        'factors.find_passkey',
        'factors.list',
        'factors.remove',
        'factors.remove_all',
        'factors.replace_recovery_codes',
        'factors.use',
        'factors.use_recovery_code',
        'grants.explain',
        'grants.give',
        'grants.list',
        'grants.take',
        'groups.add_member',
        'groups.create',
        'groups.delete',
        'groups.list',
        'groups.list_members',
        'groups.remove_member',
        'keys.adopt',
        'keys.list',
        'keys.prune',
        'keys.rotate',
        'logout_notices.claim',
        'logout_notices.finish',
        'logout_notices.postpone',
        'lookup.find',
        'policies.read',
        'policies.set',
        'pushed_requests.begin',
        'pushed_requests.find',
        'pushed_requests.push',
        'revocations.follow',
        'sessions.end_all',
        'sessions.find',
        'sessions.finish',
        'sessions.list',
        'sessions.open',
        'sessions.refresh',
        'statistics.describe',
        'users.change',
        'users.delete',
        'users.has_administrator',
        'users.list',
        'users.register',
    },
    readers = {
        ['challenges.find'] = true,
        ['clients.list'] = true,
        ['clients.read'] = true,
        ['consents.find'] = true,
        ['consents.list'] = true,
        ['events.list'] = true,
        ['factors.find_passkey'] = true,
        ['factors.list'] = true,
        ['grants.explain'] = true,
        ['grants.list'] = true,
        ['groups.list'] = true,
        ['groups.list_members'] = true,
        ['keys.list'] = true,
        ['lookup.find'] = true,
        ['policies.read'] = true,
        ['revocations.follow'] = true,
        ['sessions.find'] = true,
        ['sessions.list'] = true,
        ['users.has_administrator'] = true,
        ['users.list'] = true,
    },
    readable_spaces = READABLE_SPACES,
    directory = here,
    begin_era = eras.begin,
    begin = require('authorization_tarantool.revocations').begin,
})

require('common.sweeper').start({
    require('authorization_tarantool.browser_sessions').sweep,
    require('authorization_tarantool.challenges').sweep,
    require('authorization_tarantool.codes').sweep,
    require('authorization_tarantool.devices').sweep,
    require('authorization_tarantool.events').sweep,
    require('authorization_tarantool.pushed_requests').sweep,
    require('authorization_tarantool.revocations').sweep,
    require('authorization_tarantool.sessions').sweep,
    unpack(require('authorization_tarantool.attempts').sweeps),
})
