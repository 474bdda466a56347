#!/bin/sh
# Runs a script with Tarantool in its container, in place of the official image's entrypoint.
#
# That image sets TT_INSTANCE_NAME and the like, and from them Tarantool 3 concludes that it is a member of a configured
# cluster: it would look for the cluster's configuration and ignore the script.

set -eu

for name in $(env | sed -n 's/^\(TT_[A-Z0-9_]*\)=.*/\1/p'); do
    unset "$name"
done

exec tarantool "$@"
