#!/bin/sh
# The state check of an lnd node (`stateCheckCommand`): exits 0 only where a second lnd on the same channels cannot lose funds.
# usage: lnd-state-check.sh GUARD_FILE LND_CONF [UNIT]
# Needs jq, systemctl, and psql or etcdctl of the state store. Reads only. Answers within the stop time of the guard, or is killed: no answer is no.
set -eu

refuse() {
  printf 'LndUnsafe: %s\n' "$1" >&2
  exit 1
}

if [ $# -lt 2 ] || [ $# -gt 3 ]; then refuse 'usage: lnd-state-check.sh GUARD_FILE LND_CONF [UNIT]'; fi
guard=$1 conf=$2 unit=${3:-lnd.service}
[ -r "$guard" ] || refuse "$guard cannot be read"
[ -r "$conf" ] || refuse "$conf cannot be read"

# The last value of an option in lnd.conf; empty when it is not set. An option without a value is true.
option() {
  sed -n 's/^[[:space:]]*'"$(printf '%s' "$1" | sed 's/\./\\./g')"'[[:space:]]*\(=[[:space:]]*\(.*[^[:space:]]\)\)\{0,1\}[[:space:]]*$/\2 /p' "$conf" | tail -n 1 | sed 's/^ $/true/; s/ $//'
}

# What moves is the wallet's password; the state stays in a store that all nodes share. Two signers at once are never right here.
kind=$(jq -er '.chain.kind' "$guard") || refuse "$guard names no chain"
[ "$kind" = systemd ] || refuse "chain.kind is $kind: expected systemd"
custody=$(jq -r '.custody // "release"' "$guard")
[ "$custody" = release ] || refuse "custody is $custody: expected release, because two signers on one channel lose funds"
key_dir=$(jq -er '.paths.keyDir' "$guard") || refuse "$guard names no folder of keys"
password=$(option wallet-unlock-password-file)
[ "$password" = "$key_dir/key" ] || refuse "wallet-unlock-password-file is ${password:-not set}: expected $key_dir/key, or a node unlocks its wallet without the guard"

# What is typed in the unit wins over lnd.conf.
started=$(systemctl show -p ExecStart "$unit") || refuse "systemd does not tell of $unit"
case $started in
  *--db.* | *--cluster.* | *--wallet-unlock* | *--noseedbackup*) refuse "$unit passes options of db, cluster or wallet: write them into $conf" ;;
  *lnd*) ;;
  *) refuse "$unit does not start lnd" ;;
esac

backend=$(option db.backend)
case ${backend:-bolt} in
  postgres | etcd) ;;
  *) refuse "db.backend is ${backend:-bolt}: expected postgres or etcd, because a channel state in a file is not there on the other node" ;;
esac
lnd_dir=$(option lnddir)
left=$(find "${lnd_dir:-$(dirname "$conf")}" -name channel.db -type f 2>/dev/null | head -n 1)
[ -z "$left" ] || refuse "$left is a channel state in a file: move it away once it is migrated"

case $(option cluster.enable-leader-election) in
  true | 1) ;;
  *) refuse 'cluster.enable-leader-election is not set: lnd itself must refuse to be the second one' ;;
esac
[ -n "$(option cluster.id)" ] || refuse 'cluster.id is not set: two nodes of one name are one to the election'

if [ "$backend" = etcd ]; then
  host=$(option db.etcd.host)
  [ -n "$host" ] || refuse 'db.etcd.host is not set'
  etcdctl --endpoints="$host" endpoint health >/dev/null 2>&1 || refuse "etcd at $host is not well"
  exit 0
fi

dsn=$(option db.postgres.dsn)
[ -n "$dsn" ] || refuse 'db.postgres.dsn is not set'
ask() {
  psql --no-psqlrc --tuples-only --no-align --dbname="$dsn" --command="$1" 2>/dev/null || refuse 'postgres gives no answer'
}
in_recovery=$(ask 'select pg_is_in_recovery()')
[ "$in_recovery" = f ] || refuse 'postgres is a replica, which may be behind'
commit=$(ask 'show synchronous_commit')
case $commit in
  on | remote_apply) ;;
  *) refuse "synchronous_commit is $commit: a state that lnd has sent to its peer may be lost" ;;
esac
late=$(ask "select count(*) from pg_stat_replication where sync_state = 'async'")
[ "$late" = 0 ] || refuse "postgres has $late replicas that may be behind: an old channel state loses the channel"
others=$(ask "select count(*) from pg_stat_activity where datname = current_database() and backend_type = 'client backend' and pid <> pg_backend_pid()")
[ "$others" = 0 ] || refuse "$others other clients are connected to the channel state: another lnd is up, or has not been cut off"
