#!/bin/sh
# Installs what the benchmark needs: the servers that swath is measured against, and the programs that load them.
#
# For Debian (and its children) with Rust. Needs root or sudo only while a Debian package is missing. Run it again at any time: what is there is left
# alone. No service is started, and none that it installs is left enabled. It writes outside the working copy only through apt-get and in
# ~/.cache/swath/tools (SWATH_TOOLS says otherwise), where the one server lives that Debian does not package.
set -eu

# The release of static-web-server that the rows of docs/benchmarks.md name.
STATIC_WEB_SERVER=2.44.0
# The releases of the Rust download programs that docs/benchmarks-client.md names.
TAKANAWA=0.9.0
HF_TRANSFER=0.1.9

tools=${SWATH_TOOLS:-${XDG_CACHE_HOME:-${HOME:?is not set}/.cache}/swath/tools}

# Command, or with a slash in front a package that has none | the Debian package that brings it | what it is for | the service that
# comes along, or -.
needed() {
    cat <<'TABLE'
nginx|nginx-light|peer|nginx
apache2|apache2-bin|peer|-
lighttpd|lighttpd|peer|lighttpd
/lighttpd-mod-openssl|lighttpd-mod-openssl|its TLS|-
h2o|h2o|peer|h2o
caddy|caddy|peer|caddy
wrk|wrk|loads HTTP/1.1|-
h2load|nghttp2-client|loads HTTP/2|-
curl|curl|downloads, beside swath get|-
wget|wget|downloads, beside swath get|-
aria2c|aria2|downloads, beside swath get|-
axel|axel|downloads, beside swath get|-
/python3-venv|python3-venv|keeps hf_transfer in a virtual environment|-
openssl|openssl|makes the certificate for TLS|-
taskset|util-linux|keeps server and load on cores of their own|-
setpriv|util-linux|starts servers with few rights|-
python3|python3|runs the benchmark|-
valgrind|valgrind|counts instructions|-
TABLE
}

say() { printf 'benches/setup.sh: %s\n' "$*"; }
fail() {
    printf 'benches/setup.sh: %s\n' "$*" >&2
    exit 1
}

is_there() {
    case $1 in
    /*) [ "$(dpkg-query -W -f '${db:Status-Status}' "${1#/}" 2>/dev/null)" = installed ] ;;
    # Some of them lie where an ordinary user's PATH does not lead.
    *) PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin command -v "$1" >/dev/null ;;
    esac
}

# Debian starts what it installs, unless this file says no.
policy=/usr/sbin/policy-rc.d

install_without_starting() {
    as_root=
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null || fail "needs root or sudo to install:$missing"
        as_root=sudo
    fi
    if [ ! -e "$policy" ]; then
        # shellcheck disable=SC2064  # the value of now is meant
        trap "$as_root rm -f $policy" EXIT
        printf '#!/bin/sh\nexit 101\n' | $as_root tee "$policy" >/dev/null
        $as_root chmod 755 "$policy"
    fi
    # Quiet unless it fails.
    $as_root apt-get -qq update || fail "apt-get update failed; is there a network, and do the package sources answer?"
    # shellcheck disable=SC2086  # a list of packages, to be split
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends install $missing >/dev/null ||
        fail "apt-get could not install:$missing"
    for service in $services; do
        [ ! -d /run/systemd/system ] || $as_root systemctl --quiet disable "$service"
    done
}

debian_packages() {
    command -v dpkg-query >/dev/null || fail "this is no Debian; install by hand what the table in this script lists, then the benchmark runs"
    missing=
    services=
    while IFS='|' read -r name package why service; do
        if ! is_there "$name"; then
            say "will install $package: $why"
            missing="$missing $package"
            [ "$service" = - ] || services="$services $service"
        fi
    done <<TABLE
$(needed)
TABLE
    [ -z "$missing" ] || install_without_starting
}

static_web_server() {
    for candidate in "$tools/bin/static-web-server" "$(command -v static-web-server || true)"; do
        if [ -x "$candidate" ] && "$candidate" --version | grep -q "$STATIC_WEB_SERVER"; then
            return 0
        fi
    done
    command -v cargo >/dev/null || fail "needs cargo to build static-web-server; install Rust first"
    say "will build static-web-server $STATIC_WEB_SERVER into $tools: peer (some minutes, once)"
    cargo install --quiet --locked --root "$tools" --version "=$STATIC_WEB_SERVER" static-web-server ||
        fail "cargo could not build static-web-server $STATIC_WEB_SERVER"
}

# Without these two the benchmark of clients says that they are missing, and goes on.
takanawa() {
    [ ! -x "$tools/bin/takanawa" ] || return 0
    say "will build takanawa-cli $TAKANAWA into $tools: downloads, beside swath get (some minutes, once)"
    cargo install --quiet --locked --root "$tools" --version "=$TAKANAWA" takanawa-cli || say "cargo could not build takanawa-cli $TAKANAWA"
}

hf_transfer() {
    [ ! -x "$tools/hf-transfer/bin/python" ] || return 0
    say "will install hf_transfer $HF_TRANSFER into $tools: downloads, beside swath get"
    python3 -m venv "$tools/hf-transfer" &&
        "$tools/hf-transfer/bin/python" -m pip install --quiet --disable-pip-version-check --no-input "hf_transfer==$HF_TRANSFER" ||
        say "pip could not install hf_transfer $HF_TRANSFER"
}

debian_packages
static_web_server
takanawa
hf_transfer
say "everything the benchmark needs is there"
