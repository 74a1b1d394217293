#!/bin/sh
# Writes the domain and the level of the log (debug, info) into the configuration and becomes ejabberd.
set -eu
: "${ASSAY_DOMAIN:?the XMPP domain to serve}"
sed "s/@DOMAIN@/$ASSAY_DOMAIN/g; s/@LOG@/${ASSAY_LOG_LEVEL:-debug}/" /etc/assay/ejabberd.yml >/etc/ejabberd/ejabberd.yml
export HOME=/var/lib/ejabberd
exec ejabberdctl --node ejabberd@localhost foreground
