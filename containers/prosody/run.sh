#!/bin/sh
# Writes the domain and the level of the log (debug, info) into the configuration and becomes Prosody.
set -eu
: "${ASSAY_DOMAIN:?the XMPP domain to serve}"
for file in prosody suite; do
  sed "s/@DOMAIN@/$ASSAY_DOMAIN/g; s/@LOG@/${ASSAY_LOG_LEVEL:-debug}/" "/etc/prosody/$file.cfg.lua" >"/var/lib/prosody/$file.cfg.lua"
done
exec prosody -F --config /var/lib/prosody/prosody.cfg.lua
