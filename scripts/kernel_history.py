"""A git history on a real kernel tree, made with git fast-import: commits that touch real files, one planted break.

    python scripts/kernel_history.py KERNEL WHERE COMMITS [--kind object|header|link] [--culprit N] [--header-every N]

KERNEL is a git repository of a kernel (only read); WHERE becomes a bare repository that borrows its objects. Commit n
appends a comment to one of the files of mm/, lib/ or kernel/ that stand in FILES, every N-th to include/linux/mm.h.
Branch `history` is its end, tag `start` what it grows on, tag `culprit` the commit that brings the break.
"""

import argparse
import subprocess
from pathlib import Path

FILES = (
    "mm/gup.c",
    "mm/mmap.c",
    "mm/memory.c",
    "mm/page_alloc.c",
    "mm/slub.c",
    "mm/vmscan.c",
    "mm/filemap.c",
    "mm/rmap.c",
    "lib/string.c",
    "lib/vsprintf.c",
    "lib/rbtree.c",
    "kernel/fork.c",
    "kernel/exit.c",
    "kernel/signal.c",
    "kernel/panic.c",
)
HEADER = "include/linux/mm.h"
BREAKS = {
    "object": ("mm/rmap.c", "\nint planted(void);\nint planted(void)\n{\n\treturn undeclared_planted;\n}\n"),
    "header": (HEADER, "\nstatic inline int planted(void)\n{\n\treturn undeclared_planted;\n}\n"),
    "link": ("mm/rmap.c", "\nint missing_planted(void);\nint planted(void)\n{\n\treturn missing_planted();\n}\n"),
}


def git(where: Path, *arguments: str, stdin: bytes = b"") -> bytes:
    """Run git in a repository; its output."""
    return subprocess.run(["git", *arguments], cwd=where, input=stdin, stdout=subprocess.PIPE, check=True).stdout


def make(kernel: Path, where: Path, commits: int, *, kind: str, culprit: int, header_every: int) -> None:
    """Make the repository."""
    where.mkdir(parents=True)
    git(where, "init", "-q", "--bare", ".")
    objects = git(kernel, "rev-parse", "--path-format=absolute", "--git-path", "objects").decode().strip()
    (where / "objects/info/alternates").write_text(objects + "\n")
    start = git(kernel, "rev-parse", "HEAD").decode().strip()
    texts = {path: git(kernel, "cat-file", "blob", f"HEAD:{path}") for path in (*FILES, HEADER)}
    stream = []
    for number in range(1, commits + 1):
        path = HEADER if header_every and number % header_every == 0 else FILES[number % len(FILES)]
        changed = {path: texts[path] + f"\n/* {number} */\n".encode()}
        if number == culprit:
            broken, block = BREAKS[kind]
            changed[broken] = changed.get(broken, texts[broken]) + block.encode()
        texts |= changed
        stream.append(_commit(number, start, changed, culprit))
    git(where, "fast-import", "--quiet", stdin=b"".join(stream))
    git(where, "tag", "start", start)
    git(where, "symbolic-ref", "HEAD", "refs/heads/history")
    git(where, "tag", "culprit", f"history~{commits - culprit}")


def _commit(number: int, start: str, changed: dict[str, bytes], culprit: int) -> bytes:
    subject = f"{number}: {', '.join(changed)}{' (the break)' if number == culprit else ''}\n".encode()
    lines = [b"commit refs/heads/history\n", b"committer A U Thor <author@example.org> %d +0000\n" % (10**9 + number)]
    lines += [b"data %d\n" % len(subject), subject]
    lines += [f"from {start}\n".encode()] if number == 1 else []
    for path, text in changed.items():
        lines += [f"M 100644 inline {path}\n".encode(), b"data %d\n" % len(text), text, b"\n"]
    return b"".join(lines)


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kernel", type=Path)
    parser.add_argument("where", type=Path)
    parser.add_argument("commits", type=int)
    parser.add_argument("--kind", choices=BREAKS, default="object")
    parser.add_argument("--culprit", type=int, help="default: about two thirds of the way")
    parser.add_argument("--header-every", type=int, default=0, metavar="N")
    args = parser.parse_args()
    culprit = args.culprit or args.commits * 2 // 3
    make(args.kernel, args.where, args.commits, kind=args.kind, culprit=culprit, header_every=args.header_every)


if __name__ == "__main__":
    main()
