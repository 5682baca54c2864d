#!/bin/sh
# Installs what the end-to-end tests need: browsers and their drivers, download programs, a few packages of npm and PyPI.
#
# For Debian (and its children) with Rust. Needs root or sudo only while a Debian package is missing. Run it again at any time: what is there is left
# alone, and with everything there it takes about a second. It writes outside the working copy only through apt-get and in
# ~/.cache/swath/tools (SWATH_TOOLS says otherwise), where the one program lives that Debian does not package.
set -eu

# The release of geckodriver that the tests were written against; Debian has none.
GECKODRIVER=0.37.1

e2e=$(cd "$(dirname "$0")" && pwd)
tools=${SWATH_TOOLS:-${XDG_CACHE_HOME:-${HOME:?is not set}/.cache}/swath/tools}

# What must be there to be found | the Debian package that brings it | what the tests do with it.
# A name with a slash in front is a library: dpkg is asked for it, since no command shows that it is there.
needed() {
    cat <<'TABLE'
chromium|chromium|plays and seeks: the Blink engine
chromedriver|chromium-driver|drives Chromium
firefox-esr|firefox-esr|plays and seeks: the Gecko engine
WebKitWebDriver|webkit2gtk-driver|plays and seeks: the WebKitGTK engine and its driver
Xvfb|xvfb|gives WebKitGTK, which has no headless mode, a screen
/gstreamer1.0-plugins-base|gstreamer1.0-plugins-base|WebKitGTK's playback
/gstreamer1.0-plugins-good|gstreamer1.0-plugins-good|WebKitGTK's MP4 reader
/gstreamer1.0-plugins-bad|gstreamer1.0-plugins-bad|WebKitGTK's H.264 parser
/gstreamer1.0-libav|gstreamer1.0-libav|WebKitGTK's H.264 and AAC decoders
/fonts-dejavu-core|fonts-dejavu-core|text in the screenshots
ffmpeg|ffmpeg|makes the clips, seeks over HTTP; its libraries decode H.264 for Firefox
curl|curl|asks for ranges, resumes, speaks HTTP/2 and TLS
wget|wget|resumes
aria2c|aria2|fetches in eight pieces at once
ip|iproute2|joins two hosts by two links
tc|iproute2|says how fast the links are
axel|axel|fetches in pieces
fusermount3|fuse3|mounts the disk that forgets, for whoever is not root
wget2|wget2|is put before the origin that misbehaves
lftp|lftp|fetches in pieces
openssl|openssl|makes a certificate for the tests of TLS
faketime|faketime|sets a server's clock back, for rows about files that are too young
prlimit|util-linux|starts a server with few descriptors
setpriv|util-linux|starts a server that may not read everything
qpdf|qpdf|makes the linearised PDF that pdf.js reads
node|nodejs|runs pdf.js, geotiff and PMTiles
npm|npm|installs them
python3|python3|runs fsspec, and is audited
nginx|nginx|is audited; stands behind the lens
lighttpd|lighttpd|is audited
apache2|apache2-bin|is audited
caddy|caddy|is audited
/python3-venv|python3-venv|keeps fsspec in a virtual environment
TABLE
}

say() { printf 'e2e/setup.sh: %s\n' "$*"; }
fail() {
    printf 'e2e/setup.sh: %s\n' "$*" >&2
    exit 1
}

is_there() {
    case $1 in
    /*) [ "$(dpkg-query -W -f '${db:Status-Status}' "${1#/}" 2>/dev/null)" = installed ] ;;
    # Some of them lie where an ordinary user's PATH does not lead.
    *) PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin command -v "$1" >/dev/null ;;
    esac
}

debian_packages() {
    command -v dpkg-query >/dev/null || fail "this is no Debian; install by hand what the table in this script lists, then the tests run"
    missing=
    while IFS='|' read -r name package why; do
        if ! is_there "$name"; then
            say "will install $package: $why"
            missing="$missing $package"
        fi
    done <<TABLE
$(needed)
TABLE
    [ -n "$missing" ] || return 0
    as_root=
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null || fail "needs root or sudo to install:$missing"
        as_root=sudo
    fi
    without_services "$as_root"
    # Quiet unless it fails; no recommended packages, which would bring a desktop.
    $as_root apt-get -qq update || fail "apt-get update failed; is there a network, and do the package sources answer?"
    # shellcheck disable=SC2086  # a list of packages, to be split
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends install $missing >/dev/null ||
        fail "apt-get could not install:$missing"
}

# The servers that are audited are started by the tests, on the loopback; their packages would start them on every
# address. Debian asks this file before it starts a service; one that is there already is left alone.
without_services() {
    policy=/usr/sbin/policy-rc.d
    [ ! -e "$policy" ] || return 0
    # shellcheck disable=SC2064  # the way to become root is known now, not at the end
    trap "$1 rm -f $policy" EXIT
    printf '#!/bin/sh\nexit 101\n' | $1 tee "$policy" >/dev/null && $1 chmod 755 "$policy" ||
        fail "cannot write $policy, which keeps packages from starting their services"
}

# WebKitGTK's browser for tests, MiniBrowser, comes with its library; some distributions split it off.
mini_browser() {
    found=$(find /usr/lib /usr/libexec -maxdepth 3 -name MiniBrowser -type f 2>/dev/null | head -n 1)
    [ -n "$found" ] || fail "WebKitGTK is installed without its MiniBrowser, which the tests drive"
}

geckodriver() {
    for candidate in "$tools/bin/geckodriver" "$(command -v geckodriver || true)"; do
        if [ -x "$candidate" ] && "$candidate" --version | head -n 1 | grep -q "^geckodriver $GECKODRIVER"; then
            return 0
        fi
    done
    command -v cargo >/dev/null || fail "needs cargo to build geckodriver; install Rust first"
    say "will build geckodriver $GECKODRIVER into $tools: drives Firefox (some minutes, once)"
    cargo install --quiet --locked --root "$tools" --version "=$GECKODRIVER" geckodriver ||
        fail "cargo could not build geckodriver $GECKODRIVER"
}

# Says whether the copy of a list of packages that the last complete installation left is still equal to the list.
is_current() { cmp -s "$1" "$2"; }

npm_packages() {
    stamp=$e2e/js/node_modules/.installed-lock.json
    is_current "$e2e/js/package-lock.json" "$stamp" && return 0
    major=$(node --version | sed 's/^v\([0-9]*\).*/\1/')
    [ "$major" -ge 18 ] || fail "node $(node --version) is too old; pdf.js needs 18 or later"
    say "will install the packages of e2e/js: pdf.js, geotiff and PMTiles read by ranges"
    (cd "$e2e/js" && npm ci --ignore-scripts --no-progress --loglevel=error >/dev/null) ||
        fail "npm could not install the packages of e2e/js/package-lock.json"
    cp "$e2e/js/package-lock.json" "$stamp"
}

python_packages() {
    venv=$e2e/.work/venv
    is_current "$e2e/py/requirements.txt" "$venv/installed.txt" && return 0
    say "will install the packages of e2e/py: fsspec reads a zip by ranges, REDbot and httplint judge answers"
    rm -rf "$venv"
    python3 -m venv "$venv" || fail "python3 could not make a virtual environment in $venv"
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-input -r "$e2e/py/requirements.txt" ||
        fail "pip could not install the packages of e2e/py/requirements.txt"
    cp "$e2e/py/requirements.txt" "$venv/installed.txt"
}

debian_packages
mini_browser
geckodriver
npm_packages
python_packages
say "everything the tests need is there"
