#!/bin/sh
# Writes the domain and the level of the log (debug, info) into the configuration and becomes jackal.
set -eu
: "${ASSAY_DOMAIN:?the XMPP domain to serve}"
sed "s/@DOMAIN@/$ASSAY_DOMAIN/; s/@LOG@/${ASSAY_LOG_LEVEL:-debug}/; s#@PKI@#${ASSAY_PKI:-/pki}#" /etc/jackal/config.yaml >/var/lib/jackal/config.yaml
exec jackal --config /var/lib/jackal/config.yaml
