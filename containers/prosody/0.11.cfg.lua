-- What 0.11 names differently; smacks and HTTP upload are community modules here.
legacy_ssl_ports = { 5223 }
legacy_ssl_ssl = { certificate = "/pki/server.crt", key = "/pki/server.key" }
plugin_paths = { "/usr/lib/prosody/modules-enabled", "/usr/lib/prosody/modules-extra" }

Component "upload.@DOMAIN@" "http_upload"
  http_external_url = "https://upload.@DOMAIN@:5281/"
