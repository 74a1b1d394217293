#!/bin/sh
# Becomes coturn. Where ASSAY_RELAY_IP is given it relays from that address; otherwise it takes the container's own.
set -eu
own=$(hostname -i | cut -d ' ' -f 1)
exec turnserver -c /etc/assay/turnserver.conf --listening-ip="$own" --relay-ip="${ASSAY_RELAY_IP:-$own}" "$@"
