#!/bin/sh
# Installs and starts a Docker engine on Debian or Ubuntu. Does nothing where an engine already answers.
#
#   containers/engine.sh
#
# Needs root only when there is something to do. The engine's log is kept in /var/log/assay-dockerd.log.
set -eu

log_file=/var/log/assay-dockerd.log
wait_seconds=60

say() { echo "engine: $*" >&2; }
fail() { say "$*"; exit 1; }
answers() { command -v docker >/dev/null 2>&1 && docker info >/dev/null 2>&1; }

if answers; then
  say "Docker engine $(docker info --format '{{.ServerVersion}}') answers; nothing to do."
  exit 0
fi

[ "$(uname -s)" = Linux ] || fail "no Docker engine answers. Start Docker Desktop (or Colima, Podman, ...) and try again."
[ "$(id -u)" = 0 ] || fail "no Docker engine answers, and installing one needs root: run 'sudo $0'."
command -v apt-get >/dev/null 2>&1 || fail "no Docker engine answers, and this is neither Debian nor Ubuntu: install Docker by hand."

if ! command -v dockerd >/dev/null 2>&1 || ! command -v iptables >/dev/null 2>&1; then
  say "installing docker.io and iptables"
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq || say "apt-get update failed; trying with the package lists at hand"
  apt-get install -y -qq --no-install-recommends docker.io iptables >/dev/null || fail "apt-get could not install docker.io and iptables."
fi
# The client is a package of its own in newer releases.
command -v docker >/dev/null 2>&1 || apt-get install -y -qq --no-install-recommends docker-cli >/dev/null || fail "apt-get could not install docker-cli."

if answers; then
  say "the package started the engine."
  exit 0
fi

if pid=$(pidof dockerd); then
  say "dockerd runs already (process $pid); waiting for it"
else
  say "starting dockerd, log in $log_file"
  # In a session of its own and with no inherited descriptors, so that it outlives the caller and holds none of its pipes.
  setsid dockerd >>"$log_file" 2>&1 </dev/null &
  pid=$!
fi

tries=$((wait_seconds * 5))
while [ "$tries" -gt 0 ]; do
  if answers; then
    say "Docker engine $(docker info --format '{{.ServerVersion}}') is up."
    exit 0
  fi
  if ! kill -0 "$pid" 2>/dev/null; then
    tail -n 20 "$log_file" >&2 || true
    fail "dockerd ended; the end of $log_file is above."
  fi
  tries=$((tries - 1))
  sleep 0.2
done
tail -n 20 "$log_file" >&2 || true
fail "dockerd does not answer after $wait_seconds s; the end of $log_file is above."
