# shellcheck shell=bash
# Shared by the scripts; sourced, not run. Sets $root, the top of the tree.
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cache=${UNDERSTUDY_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/understudy}
peers=$cache/peers # what scripts/peers gets; tests/support/peers.rs looks there too

say() { printf '%s\n' "$*"; }
die() {
    printf '%s: %s\n' "$(basename "$0")" "$*" >&2
    exit 1
}

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }

# need program:package...   installs the packages whose program is missing, and
# keeps apt from starting the services that come with them.
need() {
    local pair missing=()
    for pair in "$@"; do
        command -v "${pair%%:*}" > /dev/null || [ -x "/usr/sbin/${pair%%:*}" ] || missing+=("${pair#*:}")
    done
    [ "${#missing[@]}" -gt 0 ] || return 0
    command -v apt-get > /dev/null || die "missing: ${missing[*]} (no apt-get here to install them)"
    say "installing ${missing[*]}"
    (install_quietly "${missing[@]}") > /dev/null || die "apt-get could not install ${missing[*]}"
}

# In a shell of its own, whose end takes the policy away again however it comes.
install_quietly() {
    local policy=/usr/sbin/policy-rc.d
    if [ ! -e "$policy" ]; then
        trap "as_root rm -f $policy" EXIT
        trap 'exit 130' INT TERM
        printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy"
        as_root chmod +x "$policy"
    fi
    # One source that fails to update need not be the one that is asked.
    as_root apt-get update -qq || true
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -qq --yes --no-install-recommends "$@"
}

# release_binary   prints the server to run: $UNDERSTUDY_BIN when set (any
# program that takes redis-server's command line), else ours, built if needed.
release_binary() {
    if [ -n "${UNDERSTUDY_BIN:-}" ]; then
        [ -x "$UNDERSTUDY_BIN" ] || die "UNDERSTUDY_BIN=$UNDERSTUDY_BIN cannot be run"
        realpath -s "$UNDERSTUDY_BIN"
        return
    fi
    command -v cargo > /dev/null || die "no cargo here: install Rust first (https://rustup.rs)"
    need cc:gcc make:make >&2
    (cd "$root" && cargo build --release --locked --quiet) >&2 || die "the release build failed"
    say "${CARGO_TARGET_DIR:-$root/target}/release/understudy"
}

# wait_until seconds command...   until the command succeeds; only the last
# attempt's output is shown.
wait_until() {
    local end=$((SECONDS + $1)) output
    shift
    until output=$("$@" 2>&1); do
        [ "$SECONDS" -lt "$end" ] || { say "$output"; return 1; }
        sleep 0.1
    done
}
