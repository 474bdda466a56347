#!/bin/sh
# need.sh COMMAND PACKAGE: installs the distribution's PACKAGE unless COMMAND is there.
set -eu

command -v "$1" >/dev/null && exit 0

give_up() {
    echo "'$1' is missing, and $2. Install it by hand (Debian: apt-get install $3)," >&2
    echo "or run the whole product in containers, which need nothing but Docker: docker compose up" >&2
    exit 1
}

command -v apt-get >/dev/null || give_up "$1" "this system has no apt-get to install it with" "$2"
if [ "$(id -u)" = 0 ]; then
    as_root=
elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
    as_root=sudo
else
    give_up "$1" "installing the package '$2' needs root" "$2"
fi

echo "installing the distribution's package '$2'"
# A server that comes with a package must not start by itself and take a port: tests start their own.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
    trap '$as_root rm -f "$policy"' EXIT
    printf '#!/bin/sh\nexit 101\n' | $as_root tee "$policy" >/dev/null
    $as_root chmod 755 "$policy"
fi
apt-cache show "$2" >/dev/null 2>&1 || $as_root apt-get update -qq
# Another apt-get may be at work: a machine that has just booted updates itself.
if ! $as_root env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 \
    install -qq -y --no-install-recommends "$2" >/dev/null; then
    give_up "$1" "the package '$2' could not be installed" "$2"
fi
