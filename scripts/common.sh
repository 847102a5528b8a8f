# What the set-up scripts share. Sourced, not run: every script of this folder begins with it.
# Exit statuses are kmatrix's own: 2 the user must change something, 3 this machine lacks something.

set -euo pipefail
export LC_ALL=C.UTF-8
cd "$(dirname "${BASH_SOURCE[0]}")/.."
case "${XDG_CACHE_HOME:-}" in
    /*) CACHE="$XDG_CACHE_HOME/kmatrix" ;;
    *) CACHE="$HOME/.cache/kmatrix" ;; # the XDG specification: a relative one is ignored
esac

say() { printf 'set-up: %s\n' "$*" >&2; }
die() { local status="$1"; shift; printf 'set-up: %s\n' "$*" >&2; exit "$status"; }

is_root() { [ "$(id -u)" = 0 ]; }
has() { command -v "$1" > /dev/null 2>&1; }

# One at a time: apt's own locks fail at once instead of waiting. The lists are fetched only if what they say does not
# do, which is so on a machine that never had any.
apt_locked() {
    local log="$CACHE/apt.log"
    mkdir -p "$CACHE"
    (
        flock 9
        export DEBIAN_FRONTEND=noninteractive
        apt="apt-get -q -y -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3 -o Dpkg::Use-Pty=0"
        $apt "$@" > "$log" 2>&1 < /dev/null && exit
        is_root && $apt update > "$log" 2>&1 < /dev/null
        $apt "$@" > "$log" 2>&1 < /dev/null && exit
        tail -n 5 "$log" >&2
        exit 1
    ) 9> "$CACHE/apt.lock"
}

# Install Debian packages, as root on Debian or Ubuntu; anyone else is told what is missing. $1: what for.
need_packages() {
    local what="$1"
    shift
    if ! has apt-get || ! is_root; then
        die 3 "$what is missing: install $* (as root on Debian or Ubuntu: apt-get install $*), then try again"
    fi
    say "installing $*"
    apt_locked install --no-install-recommends "$@" || die 3 "apt-get install $* failed; its last lines are above"
}
