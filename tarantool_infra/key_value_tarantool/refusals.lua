-- Why stored functions of key_value_service refuse; see common/refusals.lua.

return require('common.refusals').define({
    ANSWER_TOO_LARGE = {'answer too large'},
    KEY_REUSED = {'key reused'},
    NO_NAMESPACE = {'no namespace'},
    NO_REVISION = {'no revision'},
    NO_TICKET = {'no ticket'},
    NOT_A_NUMBER = {'not a number'},
    NOT_EMPTY = {'not empty'},
    OVERFLOW = {'overflow'},
    TICKETS_FULL = {'tickets full'},
    TOO_LARGE = {'too large'},
    TOO_MANY_ANSWERS = {'too many answers'},
    TOO_MANY_NAMESPACES = {'too many namespaces'},

    -- conflicts: {key, present revision or 0} of each pair whose revision does not match the expected one
    conflict = function(conflicts)
        return {'conflict', conflicts}
    end,
    -- An operation of a transaction was refused. branch_holds: whether all comparisons hold; place: in that branch, from 0;
    -- refusal: of the operation
    operation = function(branch_holds, place, key, refusal)
        return {'operation', branch_holds, place, key, refusal[1]}
    end,
    -- what: 'pairs' or 'bytes'
    quota = function(what, limit)
        return {'quota', what, limit}
    end,
    -- A user has too many tickets; the first of them expires in so many seconds
    too_many_tickets = function(seconds)
        return {'too many tickets', seconds}
    end,
    -- What a transaction reads is too large. branch: 'then' or 'else'
    too_large_in = function(branch)
        return {'too large', branch}
    end,
})
