"""What this service's own types of problems mean, and what to do about them."""

from shared_kernel.presentation.http.routing import problem_help as shared
from shared_kernel.presentation.http.routing.problem_help import ProblemHelp

HELP: shared.Help = {
    **shared.HELP,
    "invalid-ticket": ProblemHelp(
        "The ticket of a watch is unknown, used, expired, or for another namespace.",
        "Ask for a new ticket (`POST …/watch-tickets`) for each connection.",
    ),
    "no-such-namespace": ProblemHelp(
        "There is no namespace of this name.", "Check the name. With the right `admin:…`, create it by `PUT /namespaces/{name}`."
    ),
    "no-such-pair": ProblemHelp(
        "Nothing is stored under the key, or no longer: it was deleted or has expired.",
        "Treat the pair as absent, or write it, with `If-None-Match: *` where another client may do so, too.",
    ),
    "no-such-revision": ProblemHelp(
        "The value to restore is not kept, belongs to another pair, or was no value.",
        "Look at `…/pair/history` for what is kept. The namespace's `history_kept` says how much that is.",
    ),
    "not-a-number": ProblemHelp(
        "The value cannot be incremented: it is no number.", "Write a number under the key, or use another key."
    ),
    "not-json": ProblemHelp(
        "The value is bytes, which cannot be patched.", "Replace the value as a whole, by `PUT`."
    ),
    "number-overflow": ProblemHelp(
        "The sum would leave the range of numbers that are exact.", "Write another number, or count in several pairs."
    ),
    "revision-conflict": ProblemHelp(
        "At least one pair does not have the revision that the request expects. Nothing was done.",
        "Read the pairs in `conflicts` again, decide anew, and repeat the request with their revisions.",
        {"conflicts": [{"key": "orders/7", "revision": 42}]},
    ),
    "revision-gone": ProblemHelp(
        "The changes after the revision are no longer kept, or the revision does not exist, as after a restore.",
        "Read or export everything anew, and follow the changes after the revision that comes with it.",
        {"oldest": 1200, "revision": 11199},
    ),
    "precondition-failed": ProblemHelp(
        "The pair is not as `If-Match` or `If-None-Match` demand: somebody else was faster. Nothing was done.",
        "Read the pair again, decide anew, and send its entity tag. `revision` is the present one, 0 without a pair.",
        {"revision": 9},
    ),
    "import-refused": ProblemHelp(
        "A line of the import was refused, and the import is strict, or nothing was written.",
        "Correct the lines that `errors` names, and import again; what was written stays.",
        {
            "written": 0, "skipped": 0, "expired": 0, "refused": 1, "revision": 7,
            "errors": [{"line": 1, "field": "line", "rule": "json", "message": "The line is not JSON."}],
        },
    ),
    "idempotency-key-reused": ProblemHelp(
        "The caller has used the `Idempotency-Key` for another request in this namespace. Nothing was done.",
        "Make a new key for each request, such as a UUID, and keep it for repetitions of that request alone.",
        {"errors": [{"field": "idempotency-key", "rule": "reused", "message": "The key was used for another request."}]},
    ),
    "too-many-idempotency-keys": ProblemHelp(
        "The memory for answers to requests with an `Idempotency-Key` is full. Nothing was done.",
        "Repeat the request after the seconds in `Retry-After`. For operators: keep answers for a shorter time.",
    ),
    "deletion-interrupted": ProblemHelp(
        "Deleting by prefix has stopped on the way: `deleted` pairs are gone.",
        "Repeat the request: it deletes the rest.",
        {"deleted": 3000},
    ),
    "operation-refused": ProblemHelp(
        "An operation of the transaction failed, so none was done: `operation`, `key` and `reason` say which and why.",
        "Correct that operation, or compare before it in the same transaction.",
        {"operation": 1, "key": "visits", "reason": "not-a-number"},
    ),
    "quota-exceeded": ProblemHelp(
        "The namespace would have more pairs or bytes than its quota. Nothing was written.",
        "Delete what is not needed, or let an administrator of the namespace raise the quota.",
    ),
    "namespace-not-empty": ProblemHelp(
        "The namespace has pairs, and is deleted only by force.", "Delete the pairs first, or send `force=true`."
    ),
    "default-namespace": ProblemHelp(
        "The namespace `default` always exists.", "Delete its pairs instead: `DELETE /namespaces/default/pairs?all=true`."
    ),
    "limit-reached": ProblemHelp(
        "There are as many namespaces as there may be.", "Delete one that is not needed, or use prefixes of keys instead."
    ),
    "too-many-tickets": ProblemHelp(
        "The user has 100 tickets for watches that were not used.",
        "Ask for a ticket only when it is used at once; wait for the seconds in `Retry-After`.",
    ),
}  # fmt: skip
