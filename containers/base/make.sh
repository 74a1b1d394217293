#!/bin/bash
# Makes the base image assay/base:SUITE, on which every image of containers/ stands. Does nothing where it is there.
#
#   containers/base/make.sh SUITE        SUITE: bullseye, bookworm, trixie, sid, ...
#
# Takes the published debian:SUITE-slim where an image registry answers quickly; otherwise bootstraps the suite from the
# Debian mirror of this machine's own package sources (root; mmdebstrap is installed where it is missing).
# The image's label dev.assay.base says which: `published` or `bootstrapped`.
#
#   ASSAY_DEBIAN_MIRROR   mirror to bootstrap from, instead of the machine's own
#   ASSAY_BASE            `bootstrap`: do not try the registry
#   ASSAY_PULL_SECONDS    how long the registry has to answer (default 60; a refused connection fails at once)
set -euo pipefail

say() { echo "base: $*" >&2; }
fail() { say "$*"; exit 1; }

suite=${1:-}
[[ $suite =~ ^[a-z]+$ ]] || fail "which suite? e.g. $0 bookworm"
tag=assay/base:$suite
policy='#!/bin/sh\nexit 101\n'

present() { docker image inspect "$tag" >/dev/null 2>&1; }
present && exit 0

# Two runs at once make it once; the second finds it made.
if command -v flock >/dev/null; then
  exec 9>"${TMPDIR:-/tmp}/assay-base-$suite.lock"
  flock 9
  present && exit 0
fi

published() {
  [ "${ASSAY_BASE:-}" != bootstrap ] || return 1
  local limit=()
  ! command -v timeout >/dev/null || limit=(timeout "${ASSAY_PULL_SECONDS:-60}")
  "${limit[@]}" docker pull -q "debian:$suite-slim" >/dev/null || return 1
  printf 'FROM debian:%s-slim\nRUN printf "%s" >/usr/sbin/policy-rc.d && chmod 755 /usr/sbin/policy-rc.d\nLABEL dev.assay.base=published\n' \
    "$suite" "${policy//\\/\\\\}" | docker build -q -t "$tag" - >/dev/null
}

# The mirror that this machine's own packages come from.
mirror() {
  if [ -n "${ASSAY_DEBIAN_MIRROR:-}" ]; then
    echo "$ASSAY_DEBIAN_MIRROR"
    return
  fi
  # shellcheck disable=SC2016 # apt's own placeholders
  apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' 2>/dev/null | grep '/debian/$' | head -n 1 && return
  cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources 2>/dev/null |
    sed -nE 's/^(deb +(\[[^]]*\] +)?|URIs: *)([a-z]+:\/\/[^ ]+\/debian)\/?( .*)?$/\3/p' | head -n 1
}

bootstrapped() {
  [ "$(id -u)" = 0 ] || fail "bootstrapping Debian $suite needs root (or an image registry that has debian:$suite-slim)."
  if ! command -v mmdebstrap >/dev/null; then
    command -v apt-get >/dev/null || fail "no image registry answers, and mmdebstrap can be installed on Debian or Ubuntu only."
    say "installing mmdebstrap"
    { apt-get update -qq && apt-get install -y -qq --no-install-recommends mmdebstrap debian-archive-keyring; } >/dev/null ||
      fail "apt-get could not install mmdebstrap."
  fi
  local from
  from=$(mirror || true)
  [ -n "$from" ] || fail "this machine has no Debian mirror among its package sources: set ASSAY_DEBIAN_MIRROR."
  say "bootstrapping Debian $suite"
  # sid's release files may be older than a day where a mirror lags or a clock is off: hence the Acquire options.
  mmdebstrap --quiet --variant=minbase --include=ca-certificates \
    --aptopt='Acquire::Check-Valid-Until "false"' --aptopt='Acquire::Check-Date "false"' \
    --aptopt='APT::Install-Recommends "false"' \
    --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
    --dpkgopt='path-exclude=/usr/share/locale/*' \
    --customize-hook="printf '$policy' >\"\$1/usr/sbin/policy-rc.d\" && chmod 755 \"\$1/usr/sbin/policy-rc.d\"" \
    --customize-hook='rm -rf "$1"/var/lib/apt/lists/* "$1"/var/cache/apt/*.bin' \
    "$suite" - "$from" |
    docker import --change 'LABEL dev.assay.base=bootstrapped' --change 'CMD ["/bin/sh"]' - "$tag" >/dev/null
}

published || bootstrapped
present || fail "$tag was not made."
say "$tag is there ($(docker image inspect --format '{{index .Config.Labels "dev.assay.base"}}' "$tag"))."
