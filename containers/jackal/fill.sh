#!/bin/sh
# Makes accounts into the image: pool-001 with password secret-001 and so on. jackal derives four keys for each, which takes
# longer than a whole test case.
set -eu
count=$1
export ASSAY_DOMAIN=localhost
sed '/^    tls:/,/privkey_file/d' -i.full /etc/jackal/config.yaml
run.sh >/tmp/jackal.log 2>&1 &
server=$!
tries=600
until grep -q 'started admin server' /tmp/jackal.log; do
  tries=$((tries - 1))
  if [ "$tries" = 0 ]; then cat /tmp/jackal.log >&2; exit 1; fi
  sleep 0.1
done
seq -w 001 "$count" | xargs -P 4 -I '{}' jackalctl user add 'pool-{}:secret-{}' >/dev/null
kill "$server"
wait "$server" || true
mv /etc/jackal/config.yaml.full /etc/jackal/config.yaml
rm -f /tmp/jackal.log /var/lib/jackal/config.yaml
ls -l /var/lib/jackal
