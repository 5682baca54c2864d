#!/bin/sh
# Audits other people's servers: without arguments all of them, which rewrites docs/field.md; `SERVER [CHECK]` shows the proof of
# one column or cell; `--hold SERVER` runs one for requests by hand.
#
# For Debian with Rust, as e2e/setup.sh, which it runs first. It writes into field/ and ~/.cache/swath/tools (SWATH_TOOLS says otherwise).
set -eu

# The release that docs/field.md speaks of; Debian has none.
STATIC_WEB_SERVER=2.44.1

root=$(cd "$(dirname "$0")/.." && pwd)
tools=${SWATH_TOOLS:-${XDG_CACHE_HOME:-${HOME:?is not set}/.cache}/swath/tools}
fail() {
    printf 'field/run.sh: %s\n' "$*" >&2
    exit 1
}

"$root/e2e/setup.sh" >&2

if ! "$tools/bin/static-web-server" --version 2>/dev/null | grep -q "$STATIC_WEB_SERVER"; then
    printf 'field/run.sh: will build static-web-server %s into %s (some minutes, once)\n' "$STATIC_WEB_SERVER" "$tools" >&2
    cargo install --quiet --locked --root "$tools" --version "=$STATIC_WEB_SERVER" static-web-server ||
        fail "cargo could not build static-web-server"
fi
(cd "$root/field/hosts" && cargo build --quiet --locked --release) || fail "cargo could not build field/hosts"
if ! cmp -s "$root/field/npm/package-lock.json" "$root/field/npm/node_modules/.installed-lock.json"; then
    (cd "$root/field/npm" && npm ci --ignore-scripts --no-progress --loglevel=error >/dev/null) ||
        fail "npm could not install the packages of field/npm/package-lock.json"
    cp "$root/field/npm/package-lock.json" "$root/field/npm/node_modules/.installed-lock.json"
fi

cd "$root"
cargo build --quiet --locked --release --bin swath
SWATH_BIN=${CARGO_TARGET_DIR:-$root/target}/release/swath exec cargo run --quiet --locked --package swath-e2e --bin field -- "$@"
