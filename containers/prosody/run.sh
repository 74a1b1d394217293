#!/bin/sh
# Writes the domain into the configuration and becomes Prosody.
set -eu
: "${ASSAY_DOMAIN:?the XMPP domain to serve}"
for file in prosody suite; do
  sed "s/@DOMAIN@/$ASSAY_DOMAIN/g" "/etc/prosody/$file.cfg.lua" >"/var/lib/prosody/$file.cfg.lua"
done
exec prosody -F --config /var/lib/prosody/prosody.cfg.lua
