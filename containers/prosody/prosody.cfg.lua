-- Prosody for conformance tests: everything that the suites ask for is on, nothing is limited. @DOMAIN@ is filled in at start.
data_path = "/var/lib/prosody"
-- In the data directory: a tmpfs for it has the wrong mode after a restart, and Prosody then closes its listeners.
pidfile = "/var/lib/prosody/prosody.pid"
log = { { levels = { min = "@LOG@" }, to = "console", timestamps = "%Y-%m-%dT%H:%M:%S" } }
storage = "internal"
-- Plain passwords, so that every SCRAM hash that this version knows is on offer.
authentication = "internal_plain"
allow_registration = false

certificates = "/pki"
ssl = { certificate = "/pki/server.crt", key = "/pki/server.key", cafile = "/pki/ca.crt", capath = false }
https_ssl = { certificate = "/pki/server.crt", key = "/pki/server.key" }
https_certificate = "/pki/server.crt"
c2s_require_encryption = true
s2s_require_encryption = true
s2s_secure_auth = true

http_ports = {}
http_interfaces = {}
https_ports = { 5281 }
https_interfaces = { "*" }
-- The tester knows the server by its address.
http_default_host = "@DOMAIN@"
-- WebSocket pages may come from anywhere; 0.11 refuses a client without an Origin header otherwise.
cross_domain_websocket = true
consider_websocket_secure = true

modules_enabled = {
  "roster", "saslauth", "tls", "dialback", "disco", "posix",
  "private", "blocklist", "vcard4", "vcard_legacy", "pep", "bookmarks",
  "version", "uptime", "time", "ping", "lastactivity", "register",
  "carbons", "mam", "smacks", "csi", "csi_simple", "websocket",
}

default_archive_policy = true
archive_expires_after = "never"
max_archive_query_results = 250
muc_log_by_default = true
muc_log_expires_after = "never"
smacks_hibernation_time = 60

-- Ordinary users may not make nodes on this pubsub service; these may.
local node_owners = {}
for n = 1, 5000 do
  node_owners[n] = ("owner-%04d@@DOMAIN@"):format(n)
end

VirtualHost "@DOMAIN@"

Component "conference.@DOMAIN@" "muc"
  modules_enabled = { "muc_mam" }
  restrict_room_creation = false

Component "pubsub.@DOMAIN@" "pubsub"
  admins = node_owners
  autocreate_on_publish = true

Include "/var/lib/prosody/suite.cfg.lua"
