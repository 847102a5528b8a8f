#!/bin/sh
# use struct ptdesc to replace pgtable_t
# patch 4: mm/pgtable: use it in the header
# cell: powerpc-ppc64_defconfig-clang-19
# compiler: clang-19 (Debian 14.2.0-19) 14.2.0
# run: 20240803-112600-1f2e
#
# Builds this one commit from nothing, with git and either docker or make and a toolchain on PATH.
#   TREE=dir   a git repository that has the base, 000000000000 Linux 6.12
#              (default: the current directory); it is only read
#   MBOX=file  the patches in order, without cover letter and replies (`b4 am` makes such a file); needed only if
#              $TREE does not have the commit itself
#   IMAGE=id   another toolchain image. To get the one that was used:
#              docker build -t kmatrix/clang-19:powerpc containers/gcc
#   HOST=1     no docker: the toolchain on PATH. The patch's code then runs on this machine, as you.
#   --shell    afterwards a shell in the same place, with the build directory as the build left it
#
# Its exit status is the build's.
#
# What to expect:
#   arch/powerpc/include/asm/book3s/64/pgtable.h:1362:52: error: incompatible pointer types passing 'struct ptdesc *' to parameter of type 'struct ptdesc *' [-Werror,-Wincompatible-pointer-types]
set -eu

case "${1:-}" in
'' | --shell) ;;
*) echo "usage: [TREE=dir] [IMAGE=id] [HOST=1] sh $0 [--shell]" >&2; exit 2 ;;
esac
TREE=${TREE:-.}
used=sha256:0000000000000000000000000000000000000000000000000000000000000004
IMAGE=${IMAGE:-$used}
sha=00000000000000000000000000000000000000a4
base=00000000000000000000000000000000000000a0

if [ "${HOST:-}" != 1 ]; then
    command -v docker >/dev/null || { echo "no docker here: HOST=1 uses the toolchain on PATH" >&2; exit 3; }
    docker image inspect "$IMAGE" >/dev/null 2>&1 || {
        echo "image $IMAGE is not here: IMAGE=id names another; the head of this script says how to get it" >&2
        exit 3
    }
fi
objects=$(git -C "$TREE" rev-parse --path-format=absolute --git-path objects) || exit 2
WORK=$(mktemp -d "${TMPDIR:-/tmp}/kmatrix-reproduce.XXXXXX")
trap 'rm -rf "$WORK/src"' EXIT
trap 'exit 130' INT TERM
mkdir "$WORK/src" "$WORK/out" "$WORK/in"

# The sources: a scratch repository that borrows the objects of $TREE.
scratch() {
    git -C "$WORK/src" -c core.hooksPath=/dev/null -c core.fsmonitor=false -c core.autocrlf=false \
        -c user.name=kmatrix -c user.email=kmatrix@localhost -c advice.detachedHead=false "$@"
}
scratch init --quiet --template= --object-format="$(git -C "$TREE" rev-parse --show-object-format)"
echo "$objects" >"$WORK/src/.git/objects/info/alternates"
scratch cat-file -e "$base^{commit}" || { echo "$TREE does not have the base, $base" >&2; exit 2; }
if ! scratch cat-file -e "$sha^{commit}" 2>/dev/null; then
    : "${MBOX:?set it to the mbox of the series}"
    scratch checkout --quiet --detach "$base"
    scratch am --quiet "$(realpath "$MBOX")"
    sha=HEAD~1
fi
scratch checkout --quiet --detach "$sha"

# 2>&1 inside the container: through docker's two streams make -O would lose its order.
if [ "${HOST:-}" = 1 ]; then
    src=$WORK/src out=$WORK/out in=$WORK/in
    within() {
        (cd "$src" && env \
            LC_ALL=C \
            'KBUILD_BUILD_TIMESTAMP=Thu Jan  1 00:00:00 UTC 1970' \
            MAKEFLAGS="-j$(nproc)" "$@")
    }
    run() { within "$@" 2>&1; }
    shell() { within sh; }
else
    # The patch is foreign code, and a build runs it: no network, no privileges, sources read-only.
    src=/src out=/out in=/in
    within() {
        docker run --rm --network none --cap-drop ALL --security-opt no-new-privileges \
            --read-only --tmpfs /tmp:exec --memory 8192m --memory-swap 8192m --pids-limit 4096 \
            --user "$(id -u):$(id -g)" \
            -v "$WORK/src":/src:ro -v "$WORK/out":/out -v "$WORK/in":/in:ro -w /src \
            -e LC_ALL=C \
            -e 'KBUILD_BUILD_TIMESTAMP=Thu Jan  1 00:00:00 UTC 1970' \
            -e MAKEFLAGS="-j$(nproc)" "$@"
    }
    run() { within "$IMAGE" sh -c 'exec "$@" 2>&1' sh "$@"; }
    shell() {
        if [ -t 0 ]; then within -it "$IMAGE" sh; else within -i "$IMAGE" sh; fi
    }
fi

build() {
    run make O="$out" ARCH=powerpc ppc64_defconfig &&
    run make -k -O O="$out" ARCH=powerpc all
}

echo "building in $WORK/out"
status=0
build || status=$?
echo "the build's exit status is $status; its directory is $WORK/out"
if [ "${1:-}" = --shell ]; then
    shell || :
fi
exit "$status"
