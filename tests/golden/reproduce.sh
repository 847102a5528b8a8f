#!/bin/sh
# use struct ptdesc to replace pgtable_t
# patch 4: mm/pgtable: use it in the header
# cell: powerpc-ppc64_defconfig-clang-19
# run: 20240803-112600-1f2e
#
# Builds this one commit from nothing, with docker and make alone.
#   TREE=dir   the kernel's git repository (default: the current directory)
#   MBOX=file  the patches in order, without cover letter and replies (`b4 am` makes such a file); needed only if
#              $TREE does not have the commit
#   IMAGE=id   another toolchain image. To get the one that was used:
#              docker build -t kmatrix/clang-19:powerpc containers/gcc
#
# What to expect:
#   arch/powerpc/include/asm/book3s/64/pgtable.h:1362:52: error: incompatible pointer types passing 'struct ptdesc *' to parameter of type 'struct ptdesc *' [-Werror,-Wincompatible-pointer-types]
set -eu

TREE=${TREE:-.}
used=sha256:0000000000000000000000000000000000000000000000000000000000000004
IMAGE=${IMAGE:-$used}
WORK=$(mktemp -d "${TMPDIR:-/tmp}/kmatrix-reproduce.XXXXXX")
trap 'git -C "$TREE" worktree remove --force "$WORK/src" 2>/dev/null || :' EXIT
mkdir "$WORK/out" "$WORK/in"

# The sources, in a worktree of their own.
if git -C "$TREE" cat-file -e 00000000000000000000000000000000000000a4'^{commit}' 2>/dev/null; then
    git -C "$TREE" -c core.hooksPath=/dev/null worktree add --detach "$WORK/src" 00000000000000000000000000000000000000a4
else
    git -C "$TREE" -c core.hooksPath=/dev/null worktree add --detach "$WORK/src" 00000000000000000000000000000000000000a0
    git -C "$WORK/src" -c core.hooksPath=/dev/null am "$(realpath "${MBOX:?set it to the mbox of the series}")"
    git -C "$WORK/src" -c core.hooksPath=/dev/null checkout --detach HEAD~1
fi

# The patch is foreign code, and a build runs it: no network, no privileges, sources read-only.
# 2>&1 inside the container: through docker's two streams make -O would lose its order.
run() {
    docker run --rm --network none --cap-drop ALL --security-opt no-new-privileges \
        --user "$(id -u):$(id -g)" --tmpfs /tmp:exec \
        -v "$WORK/src":/src:ro -v "$WORK/out":/out -v "$WORK/in":/in:ro -w /src \
        -e LC_ALL=C \
        -e 'KBUILD_BUILD_TIMESTAMP=Thu Jan  1 00:00:00 UTC 1970' \
        -e MAKEFLAGS="-j$(nproc)" "$IMAGE" sh -c 'exec "$@" 2>&1' sh "$@"
}

echo "building in $WORK/out"
run make O=/out ARCH=powerpc ppc64_defconfig
run make -k -O O=/out ARCH=powerpc all
