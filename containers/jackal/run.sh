#!/bin/sh
# Writes the domain into the configuration and becomes jackal.
set -eu
: "${ASSAY_DOMAIN:?the XMPP domain to serve}"
sed "s/@DOMAIN@/$ASSAY_DOMAIN/; s#@PKI@#${ASSAY_PKI:-/pki}#" /etc/jackal/config.yaml >/var/lib/jackal/config.yaml
exec jackal --config /var/lib/jackal/config.yaml
