#!/bin/sh
# Installs, upgrades or takes away the guard of one validator on this node. Never starts signing: a node holds nothing until the lease names it.
# At no moment can the validator run without its guard: it is stopped before its guard is, and only the new guard's own read of the lease starts it.
set -eu

usage() {
  cat <<'TEXT'
Usage: install.sh --validator ID --config FILE --unit NAME.service [--socket PATH] [--key-file PATH]... [--sums SHA256]
       install.sh --validator ID --unit NAME.service --rollback
       install.sh --validator ID --unit NAME.service --uninstall

  --validator ID     validator id, as in validators.yaml
  --config FILE      the guard's configuration (JSON); the new guard checks it, and this machine, before anything is written
  --unit NAME        the validator's own systemd unit
  --socket PATH      CometBFT only: the priv_validator_laddr socket; it must be the one of the configuration
  --key-file PATH    where the validator would find a key of its own: refused while the validator's key is there; may be repeated
  --sums SHA256      what `npm run bundle:guard` printed: the sum of SHA256SUMS
  --rollback         back to the release before this one, with its configuration
  --uninstall        stop and mask the validator, then take its guard away; says what is left
TEXT
}
fail() { printf 'install.sh: %s\n' "$1" >&2; exit "${2:-2}"; }
say() { printf '%s\n' "$1"; }

validator='' config='' unit='' socket='' sums='' act=install
set_keys='' # one path a line
while [ $# -gt 0 ]; do
  case "$1" in
    --validator) validator=${2:-}; shift 2 ;;
    --config) config=${2:-}; shift 2 ;;
    --unit) unit=${2:-}; shift 2 ;;
    --socket) socket=${2:-}; shift 2 ;;
    --key-file) set_keys="$set_keys${2:-}
"; shift 2 ;;
    --sums) sums=${2:-}; shift 2 ;;
    --rollback) act=rollback; shift ;;
    --uninstall) act=uninstall; shift ;;
    --help) usage; exit 0 ;;
    *) usage >&2; fail "unknown option $1" ;;
  esac
done
printf '%s' "$validator" | grep -Eqx '[a-z0-9][a-z0-9-]{0,39}' || fail "--validator is '$validator': expected 1-40 of a-z, 0-9 and -"
printf '%s' "$unit" | grep -Eqx '[A-Za-z0-9@._-]{1,100}\.service' || fail "--unit is '$unit': expected NAME.service"
# Anybody could make a socket there before the node does, and ask the guard for signatures; the guard's unit does not see it either.
no_shared_socket() {
  case "$1" in /tmp/* | /var/tmp/*) fail "--socket is '$1': expected a folder that only the node's user may write to, such as /run/NAME" ;; esac
}
no_shared_socket "$socket"
[ "$(id -u)" = 0 ] || fail 'run it as root'

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
guard="baton-guard@$validator.service"
home="/opt/baton/$validator"
dropin="/etc/systemd/system/$unit.d"
# A mask in /etc wins over a unit that stands here, so a fence finds no place taken.
guard_file="/usr/local/lib/systemd/system/$guard"
umask 022

show() { systemctl show -p "$2" --value "$1" 2>/dev/null; }
is_down() { case "$(show "$1" ActiveState)" in inactive | failed) return 0 ;; *) return 1 ;; esac; }
release_of() { if [ -L "$home/$1" ]; then readlink "$home/$1"; fi; }

# The whole file or the old one, whenever the power goes.
place() { # FROM TO MODE
  install -d -m 0755 "$(dirname "$2")"
  install -m "$3" "$1" "$2.new"
  mv -f "$2.new" "$2"
}
point() { # NAME RELEASE
  ln -sfn "$2" "$home/$1.new"
  mv -fT "$home/$1.new" "$home/$1"
}

# The validator first: it must not run for a moment without its guard.
stop_both() {
  systemctl stop "$unit" || return 1
  systemctl stop "$guard" 2>/dev/null || true
  is_down "$unit" && is_down "$guard"
}

# Where the guard is the signer, its node runs on: without a guard it gets no signature.
stop_for() { # KIND
  if [ "$1" = cometbft ]; then
    systemctl stop "$guard" 2>/dev/null || true
    is_down "$guard"
  else
    stop_both
  fi
}

# Puts a release into its places. Both units are down.
switch_to() { # RELEASE
  from="$home/$1/installed"
  point current "$1"
  place "$from/guard.json" "/etc/baton/$validator.json" 0600
  place "$from/guard.service" "$guard_file" 0644
  place "$from/validator.conf" "$dropin/baton.conf" 0644
  place "$from/facts.env" "/etc/baton/$validator.env" 0644
  systemctl daemon-reload
}

# What systemd makes of all the files together, an operator's own drop-ins among them.
expect_property() { # UNIT PROPERTY PATTERN
  found=$(show "$1" "$2") || found=unknown
  printf '%s\n' "$found" | tr '\n' ' ' | grep -Eq -- "$3" && return 0
  printf 'install.sh: %s of %s is "%s": expected %s. Look for it in: systemctl cat %s\n' "$2" "$1" "$found" "$3" "$1" >&2
  return 1
}
effective() { # KIND
  expect_property "$guard" Type '^notify ' && expect_property "$guard" RuntimeDirectoryPreserve '^no ' &&
    expect_property "$guard" FragmentPath "^$guard_file " || return 1
  if show "$guard" Environment | grep -Eq 'BATON_ROOT|NODE_OPTIONS|LD_PRELOAD'; then
    printf 'install.sh: a drop-in of %s sets BATON_ROOT, NODE_OPTIONS or LD_PRELOAD: take it out (systemctl cat %s)\n' "$guard" "$guard" >&2
    return 1
  fi
  [ "$1" = cometbft ] && return 0
  expect_property "$unit" BindsTo "(^| )$guard " && expect_property "$unit" After "(^| )$guard " && expect_property "$unit" Restart '^no ' &&
    expect_property "$unit" KillMode '^(control-group|mixed) ' && expect_property "$unit" SendSIGKILL '^yes ' && expect_property "$unit" TimeoutStopUSec '^2s '
}

# Ready means: the first demotion is verified. Then it must stay.
start_guard() {
  # By force over the link to a template that an earlier installer left.
  systemctl enable --force "$guard" >/dev/null 2>&1 || return 1
  systemctl reset-failed "$guard" 2>/dev/null || true
  systemctl start "$guard" || return 1
  sleep 3
  # The watchdog's time is told only of a unit that runs.
  [ "$(show "$guard" ActiveState)" = active ] && [ "$(show "$guard" NRestarts)" = 0 ] && expect_property "$guard" WatchdogUSec '^10s '
}

kind_of() { # RELEASE
  sed -n 's/^kind=//p' "$home/$1/installed/facts" 2>/dev/null
}

no_mask() {
  for one in "$unit" "$guard"; do
    case "$one:$(show "$one" LoadState)" in
      *:masked) fail "$one is masked: this node is fenced. Let baton rejoin it first (baton status $validator)" 4 ;;
      *:loaded | "$guard":not-found) ;;
      *) fail "systemd does not know $one as a unit that it can load: systemctl status $one" ;;
    esac
  done
}

# One unit, one guard: a second one would take the place of the first one's drop-in, and the unit would outlive the guard that is its own.
owner_of() { grep -lx "VALIDATOR_UNIT=$unit" /etc/baton/*.env 2>/dev/null | grep -vx "/etc/baton/$validator.env" | head -n 1; }
unit_here() { sed -n 's/^VALIDATOR_UNIT=//p' "/etc/baton/$validator.env" 2>/dev/null; }
if [ "$act" != install ] && [ "$(unit_here)" != "$unit" ]; then
  fail "--unit is '$unit': the guard of $validator on this node is for '$(unit_here)' (/etc/baton/$validator.env)"
fi

if [ "$act" = uninstall ]; then
  # The mask first: from here on nothing starts the validator. systemd masks by a link of this name and lets a file that stands there win.
  file="/etc/systemd/system/$unit"
  # What it runs, for a fence that comes later (documents/fence.yaml): a masked unit tells nothing.
  ran=$(systemctl show -p ExecStart --value "$unit" | sed -n '1s/^{ path=\([^ ;]*\) ; argv\[\]=\(.*\) ; ignore_errors=.*/\1\n\2/p')
  if [ -n "$ran" ]; then
    install -d -m 0700 "/var/lib/baton/$validator"
    printf '%s\n' "$ran" >"/var/lib/baton/$validator/program"
  fi
  systemctl stop "$unit" || fail "$unit does not stop; nothing was taken away" 3
  if [ -e "$file" ] && [ "$(readlink "$file" || true)" != /dev/null ]; then
    mv -f "$file" "$file.uninstalled"
    systemctl daemon-reload
  fi
  systemctl mask "$unit" >/dev/null 2>&1 || true
  [ "$(show "$unit" LoadState)" = masked ] || fail "$unit is not masked; its guard was not taken away" 3
  systemctl stop "$unit" 2>/dev/null || true
  is_down "$unit" || fail "$unit does not stop; its guard was not taken away" 3
  held=unknown
  program="$home/current/run"
  if [ -x "$program" ]; then held=$("$program" --held-here "/etc/baton/$validator.json" 2>/dev/null) || held=unknown; fi
  # The guard demotes and wipes the key on its way out; then systemd takes the folder of the key away.
  systemctl disable "$guard" >/dev/null 2>&1 || true
  systemctl stop "$guard" 2>/dev/null || true
  is_down "$guard" || fail "$guard does not stop; it was not taken away" 3
  rm -f "$guard_file" "/etc/baton/$validator.json"
  rm -rf "/run/baton/$validator" "$home"
  systemctl daemon-reload
  say "Removed the guard of $validator. $unit is stopped and masked."
  case "$held" in
    no) say 'The lease names another node.' ;;
    yes) say "The lease names this node, so nobody signs now. Next: baton failover $validator" ;;
    *) say "Whether the lease names this node is not known; if it does, nobody signs now. Next: baton status $validator" ;;
  esac
  say 'Left on purpose, so that a fence can still prove that this node is stopped, and nothing starts by accident:'
  say "  /etc/baton/$validator.env, $dropin/baton.conf, the mask of $unit, and the watermark in /var/lib/baton/$validator."
  [ ! -e "$file.uninstalled" ] || say "  $file.uninstalled is the unit's own file: move it back after the mask is gone."
  say "Take them away only when no other node can sign for $validator, and never the watermark while its key exists."
  exit 0
fi

if [ "$act" = rollback ]; then
  now=$(release_of current) before=$(release_of previous)
  if [ -z "$before" ] || [ ! -d "$home/$before/installed" ]; then fail "there is no release of $validator before this one"; fi
  no_mask
  (cd "$home/$before" && sha256sum -c --quiet --strict SHA256SUMS) || fail "the release $before is not as it was installed"
  "$home/$before/run" --check-config "$home/$before/installed/guard.json" >/dev/null || fail "the guard of release $before would not run here"
  stop_for "$(kind_of "$now")" || fail "$unit or $guard does not stop; nothing was changed" 3
  switch_to "$before"
  point previous "$now"
  effective "$(kind_of "$before")" || fail "the guard was not started, and $unit is down" 3
  start_guard || fail "the guard of release $before does not start; $unit is down. See: journalctl -u $guard" 3
  say "The guard of $validator is release $before again."
  exit 0
fi

# --- Nothing is written before all of this holds.
[ -r "$config" ] || fail "--config '$config' cannot be read"
[ -r "$here/SHA256SUMS" ] || fail "SHA256SUMS is not beside this script; build it with: npm run bundle:guard"
(cd "$here" && sha256sum -c --quiet --strict SHA256SUMS >&2) || fail 'a file beside this script is not as it was built: copy dist/guard again'
own_sum=$(sha256sum <"$here/SHA256SUMS" | cut -d ' ' -f 1)
[ -z "$sums" ] || [ "$sums" = "$own_sum" ] || fail "SHA256SUMS has the sum $own_sum: expected $sums"
for one in install.sh VERSION 'systemd/baton-guard@.service' systemd/validator-bound.conf systemd/validator-signer.conf systemd/run-baton.mount; do
  grep -qF "  $one" "$here/SHA256SUMS" || fail "SHA256SUMS does not name $one"
done
if grep -q '  baton-guard$' "$here/SHA256SUMS"; then
  program=baton-guard
  command="$home/current/baton-guard"
  check() { "$here/baton-guard" "$@"; }
else
  grep -q '  guard\.mjs$' "$here/SHA256SUMS" || fail 'SHA256SUMS names neither guard.mjs nor baton-guard'
  program=guard.mjs
  node=$(command -v node) || fail 'node 22 or later is needed, or the executable: npm run bundle:guard -- --executable'
  case "$("$node" --version)" in v2[2-9].* | v[3-9][0-9].*) ;; *) fail "$node is $("$node" --version): expected v22 or later" ;; esac
  command="$node $home/current/guard.mjs"
  check() { "$node" "$here/guard.mjs" "$@"; }
fi
set -- --check-config "$config"
while IFS= read -r one; do [ -z "$one" ] || set -- "$@" --key-file "$one"; done <<KEYS
$set_keys
KEYS
facts=$(check "$@") || fail "the guard would not run with '$config' on this machine: ${facts:-it gives no answer}"
fact() { printf '%s\n' "$facts" | sed -n "s/^$1=//p" | head -n 1; }
# What a fence wipes and reads must be what the guard uses: a key elsewhere would not be found, and the fence proven all the same.
wrong=no
belongs() { # NAME EXPECTED
  [ "$(fact "$1")" = "$2" ] && return 0
  printf '%s is %s: expected %s\n' "$1" "$(fact "$1")" "$2" >&2
  wrong=yes
}
belongs validator "$validator"
belongs unit "$unit"
belongs keyDir "/run/baton/$validator"
belongs stateDir "/var/lib/baton/$validator"
[ -z "$socket" ] || belongs socket "$socket"
[ "$wrong" = no ] || fail "--config '$config' does not belong to this validator and unit"
kind=$(fact kind)
socket=$(fact socket)
no_shared_socket "$socket"
[ -z "$(owner_of)" ] || fail "$unit belongs to the guard of another validator: $(owner_of)"
case "$(unit_here)" in '' | "$unit") ;; *) fail "the guard of $validator is for $(unit_here) now: take it away first (--uninstall)" ;; esac
no_mask
# What comes after ours wins: these would undo what holds the validator to its guard.
for one in "$dropin"/*.conf "/run/systemd/system/$unit.d"/*.conf "/usr/local/lib/systemd/system/$unit.d"/*.conf "/usr/lib/systemd/system/$unit.d"/*.conf; do
  if [ ! -f "$one" ] || [ "${one##*/}" = baton.conf ]; then continue; fi
  [ "$(printf '%s\n' baton.conf "${one##*/}" | LC_ALL=C sort | head -n 1)" = baton.conf ] || continue
  undone=$(grep -En '^[[:space:]]*(BindsTo|Restart|TimeoutStopSec|TimeoutSec|KillMode|SendSIGKILL|Type|RemainAfterExit)[[:space:]]*=' "$one" | head -n 1) || continue
  [ "$kind" = cometbft ] || fail "$one comes after baton.conf and says '$undone': that would undo what binds $unit to its guard. Take the line out, or rename the file to sort before baton.conf"
done

# --- From here on files are written, none of which runs yet.
release=$({ cat "$here/SHA256SUMS" "$config"; printf '%s\n' "$unit" "$command"; } | sha256sum | cut -c 1-12)
now=$(release_of current)
[ "$now" != "$release" ] || [ "$(show "$guard" ActiveState)" != active ] || { say "Release $release of the guard of $validator is installed and runs."; exit 0; }
install -d -m 0755 /opt/baton "$home" /etc/baton
stage="$home/.$release.new"
rm -rf "$stage"
install -d -m 0755 "$stage/systemd" "$stage/installed"
while read -r _ name; do
  mode=0644
  case "$name" in install.sh | baton-guard) mode=0755 ;; esac
  install -m "$mode" "$here/$name" "$stage/$name"
done <"$here/SHA256SUMS"
install -m 0644 "$here/SHA256SUMS" "$stage/SHA256SUMS"
# Again, for what was copied is what will run.
printf '%s  SHA256SUMS\n' "$own_sum" >"$stage/.own"
(cd "$stage" && sha256sum -c --quiet --strict .own SHA256SUMS >&2) || fail 'what was copied is not what was checked: is the disk full?' 3
rm -f "$stage/.own"
printf '#!/bin/sh\nexec %s "$@"\n' "$(printf '%s' "$command" | sed "s|/current/|/$release/|")" >"$stage/run"
chmod 0755 "$stage/run"
install -m 0600 "$config" "$stage/installed/guard.json"
printf '%s\n' "$facts" >"$stage/installed/facts"
sees=yes
if grep -Eq '"([^"]* )?(unix://)?/(home|root|run/user)/' "$config"; then sees=read-only; fi
sed -e "s|^ExecStart=.*|ExecStart=$command --config /etc/baton/%i.json|" -e "s|^ProtectHome=.*|ProtectHome=$sees|" \
  "$stage/systemd/baton-guard@.service" >"$stage/installed/guard.service"
# Some nodes keep their record of what they signed, or their keys, in files of their own user: the guard puts them there and gives them away.
writes=$(fact writes)
standby=$(fact standby)
if [ "$standby" = yes ] && [ "$kind" != cometbft ]; then
  opened="CapabilityBoundingSet=CAP_CHOWN\nSystemCallFilter=@chown\n${writes:+ReadWritePaths=$writes\n}"
  sed -i "s|^\[Install\]\$|$opened\n[Install]|" "$stage/installed/guard.service"
fi
if [ "$kind" = cometbft ]; then form='validator-signer.conf'; else form='validator-bound.conf'; fi
sed -e "s|@VALIDATOR@|$validator|g" -e "s|@SOCKET@|$socket|g" "$stage/systemd/$form" >"$stage/installed/validator.conf"
cat >"$stage/installed/facts.env" <<FACTS
VALIDATOR_UNIT=$unit
GUARD_UNIT=$guard
KEY_DIR=/run/baton/$validator
WATERMARK_FILE=/var/lib/baton/$validator/watermark.json
STANDBY_RUNS=$standby
FACTS
rm -rf "${home:?}/$release"
mv -T "$stage" "$home/$release"
getent group baton >/dev/null || groupadd --system baton
# Over the keys of another guard nothing is mounted: a fence would not find them.
mount_file=/etc/systemd/system/run-baton.mount
if [ ! -e "$mount_file" ] && [ -z "$(ls -A /run/baton 2>/dev/null)" ] && [ -z "$(ls -d /etc/baton/*.env 2>/dev/null)" ]; then
  case "$(uname -r)" in 6.[4-9]* | 6.[1-9][0-9]* | [7-9].* | [1-9][0-9].*) place "$home/$release/systemd/run-baton.mount" "$mount_file" 0644 ;; esac
fi

# --- The switch. What fails from here on brings the old release back.
back() { # REASON
  printf 'install.sh: %s\n' "$1" >&2
  systemctl stop "$guard" 2>/dev/null || true
  if [ -z "$now" ] || [ "$now" = "$release" ]; then
    systemctl disable "$guard" >/dev/null 2>&1 || true
    fail "the guard of $validator is not running, and $unit stays down. See: journalctl -u $guard" 3
  fi
  switch_to "$now"
  start_guard || fail "the release before ($now) does not start either; $unit stays down. See: journalctl -u $guard" 3
  fail "back to release $now: its guard runs, and opens when it has read the lease" 3
}
running_kind=$kind
# On a node that has no guard yet, the validator signs on as it did until its key is handed over: CometBFT's node is left running.
if [ -n "$now" ]; then running_kind=$(kind_of "$now"); fi
# A change of kind stops the node as well.
[ "$running_kind" = "$kind" ] || running_kind=both
stop_for "$running_kind" || fail "$unit or $guard does not stop; release $now stays" 3
switch_to "$release"
effective "$kind" || back "a drop-in or another unit file undoes what was installed"
[ "$standby" = yes ] || systemctl disable "$unit" >/dev/null 2>&1 || true
start_guard || back "the guard of release $release does not start"
[ -z "$now" ] || [ "$now" = "$release" ] || point previous "$now"
for one in "$home"/*/; do
  one=$(basename "$one")
  case "$one" in current | previous | "$release" | "$(release_of previous)") ;; *) rm -rf "${home:?}/$one" ;; esac
done
say "The guard of $validator runs (release $release) and holds nothing until the lease names this node."
say "Next: baton status $validator"
