#!/bin/sh
# Installs the guard of one validator on this node, or takes it away. Never starts signing: a node holds nothing until the lease names it.
set -eu

usage() {
  cat <<'TEXT'
Usage: install.sh --validator ID --config FILE --unit NAME.service [--socket PATH]
       install.sh --validator ID --unit NAME.service --uninstall

  --validator ID     validator id, as in validators.yaml
  --config FILE      the guard's configuration (JSON); it is checked before anything is written
  --unit NAME        the validator's own systemd unit
  --socket PATH      CometBFT only: the priv_validator_laddr socket; the guard is the signer
  --uninstall        stop the validator, then the guard, and take both files away
TEXT
}
fail() { printf 'install.sh: %s\n' "$1" >&2; exit 2; }

validator='' config='' unit='' socket='' uninstall=no
while [ $# -gt 0 ]; do
  case "$1" in
    --validator) validator=${2:-}; shift 2 ;;
    --config) config=${2:-}; shift 2 ;;
    --unit) unit=${2:-}; shift 2 ;;
    --socket) socket=${2:-}; shift 2 ;;
    --uninstall) uninstall=yes; shift ;;
    --help) usage; exit 0 ;;
    *) usage >&2; fail "unknown option $1" ;;
  esac
done
printf '%s' "$validator" | grep -Eqx '[a-z0-9][a-z0-9-]{0,39}' || fail "--validator is '$validator': expected 1-40 of a-z, 0-9 and -"
printf '%s' "$unit" | grep -Eqx '[A-Za-z0-9@._-]{1,100}\.service' || fail "--unit is '$unit': expected NAME.service"
# Anybody could make a socket there before the node does, and ask the guard for signatures; the guard's unit does not see it either.
case "$socket" in /tmp/* | /var/tmp/*) fail "--socket is '$socket': expected a folder that only the node's user may write to, such as /run/NAME" ;; esac
[ "$(id -u)" = 0 ] || fail 'run it as root'

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
guard="baton-guard@$validator.service"
dropin="/etc/systemd/system/$unit.d"

if [ "$uninstall" = yes ]; then
  # The validator first: without its guard it must not be able to sign.
  systemctl stop "$unit" || fail "$unit does not stop; nothing was taken away"
  systemctl disable --now "$guard"
  rm -f "$dropin/baton.conf" "/etc/baton/$validator.json" "/etc/baton/$validator.env"
  systemctl daemon-reload
  printf 'Removed the guard of %s. %s is stopped. The watermark in /var/lib/baton/%s is kept.\n' "$validator" "$unit" "$validator"
  exit 0
fi

[ -r "$config" ] || fail "--config '$config' cannot be read"
command -v node >/dev/null || fail 'node 22 or later is needed at /usr/bin/node'
[ -r "$here/guard.mjs" ] || fail "guard.mjs is not beside this script; build it with: npm run bundle:guard"
# What a fence wipes and reads must be what the guard uses: a key elsewhere would not be found, and the fence proven all the same.
# shellcheck disable=SC2016 # the dollar signs are JavaScript's
node -e 'const c = JSON.parse(require("fs").readFileSync(process.argv[1], "utf8"));
  const wanted = { validator: process.argv[2], unit: process.argv[3], "paths.keyDir": `/run/baton/${process.argv[2]}`, "paths.stateDir": `/var/lib/baton/${process.argv[2]}` };
  const found = { validator: c.validator, unit: c.unit, "paths.keyDir": c.paths?.keyDir, "paths.stateDir": c.paths?.stateDir };
  const wrong = Object.keys(wanted).filter((name) => found[name] !== wanted[name]);
  for (const name of wrong) console.error(`${name} is ${found[name]}: expected ${wanted[name]}`);
  process.exit(wrong.length)' \
  "$config" "$validator" "$unit" || fail "--config '$config' does not belong to this validator and unit"

install -d -m 0755 /opt/baton /etc/baton "$dropin"
install -m 0644 "$here/guard.mjs" /opt/baton/guard.mjs
install -m 0600 "$config" "/etc/baton/$validator.json"
install -m 0644 "$here/systemd/baton-guard@.service" /etc/systemd/system/baton-guard@.service
standby=no
if [ -n "$socket" ]; then
  standby=yes
  sed -e "s|@VALIDATOR@|$validator|g" -e "s|@SOCKET@|$socket|g" "$here/systemd/validator-signer.conf" > "$dropin/baton.conf"
else
  sed -e "s|@VALIDATOR@|$validator|g" "$here/systemd/validator-bound.conf" > "$dropin/baton.conf"
fi
umask 022
cat > "/etc/baton/$validator.env" <<FACTS
VALIDATOR_UNIT=$unit
GUARD_UNIT=$guard
KEY_DIR=/run/baton/$validator
WATERMARK_FILE=/var/lib/baton/$validator/watermark.json
STANDBY_RUNS=$standby
FACTS
systemctl daemon-reload
[ "$standby" = yes ] || systemctl disable "$unit" >/dev/null 2>&1 || true
systemctl enable --now "$guard"
printf 'The guard of %s runs and holds nothing until the lease names this node.\nNext: baton status %s\n' "$validator" "$validator"
