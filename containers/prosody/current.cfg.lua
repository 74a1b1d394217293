-- What 0.12 and later name differently.
c2s_direct_tls_ports = { 5223 }
c2s_direct_tls_ssl = { certificate = "/pki/server.crt", key = "/pki/server.key" }
c2s_direct_tls_certificate = "/pki/server.crt"

Component "upload.@DOMAIN@" "http_file_share"
  http_external_url = "https://upload.@DOMAIN@:5281/"
  http_file_share_size_limit = 10485760
  http_file_share_expires_after = 86400
