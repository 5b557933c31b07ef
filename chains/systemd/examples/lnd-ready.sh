#!/bin/sh
# `readinessCommand` of an lnd node: exits 0 once it is the leader, unlocked, and serves its channels.
set -eu
state=$(lncli state)
[ "$(printf '%s' "$state" | jq -er '.state')" = SERVER_ACTIVE ]
