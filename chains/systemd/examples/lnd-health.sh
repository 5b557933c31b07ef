#!/bin/sh
# `healthCommand` of an lnd node: how far its own bitcoind is, on active and standby alike (lnd itself is down on a standby).
set -eu
info=$(bitcoin-cli getblockchaininfo)
printf '%s' "$info" | jq -ec '{synced: (.initialblockdownload | not), height: .blocks}'
