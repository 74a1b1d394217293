#!/bin/sh
# Writes the domain into the configuration and becomes ejabberd.
set -eu
: "${ASSAY_DOMAIN:?the XMPP domain to serve}"
sed "s/@DOMAIN@/$ASSAY_DOMAIN/g" /etc/assay/ejabberd.yml >/etc/ejabberd/ejabberd.yml
export HOME=/var/lib/ejabberd
exec ejabberdctl --node ejabberd@localhost foreground
