"""`kmatrix send`, `check`, `note` and `reproduce`: what leaves this machine, or goes into other tools."""

import json
import os
import sys
import tempfile
from argparse import Namespace
from pathlib import Path

from orchestrator.containers.terminal import run_here
from orchestrator.delivery.transport import Delivery, Fate
from orchestrator.errors import UserError
from orchestrator.pipeline import checks, dispatch, past_runs
from orchestrator.pipeline.dispatch import Dispatch, Outgoing, Wanted
from orchestrator.pipeline.resources import places
from orchestrator.reporting import b4
from orchestrator.reporting.text import count
from orchestrator.reporting.view import view


def send(args: Namespace, argv: tuple[str, ...]) -> int:  # noqa: ARG001 - every command takes the same
    """`kmatrix send`."""
    wanted = Wanted(
        run=args.run,
        to=args.to,
        commits=tuple(args.commit),
        summary=args.summary,
        identity=args.identity,
        tree=args.tree,
        again=args.again,
        rate=args.rate,
    )
    ready = dispatch.prepare(wanted, places())
    for letter in ready.letters:
        print(_shown(letter, whole=not args.yes))
    if not ready.left:
        print("nothing to send")
        return 0
    if args.dry_run or not _agreed(ready, yes=args.yes):
        print("nothing was sent")
        return 0
    done = dispatch.send(ready, wanted, places(), _tell)
    return _status(ready, done)


def _shown(letter: Outgoing, *, whole: bool) -> str:
    """The draft as it would be sent, and to whom; one line of it if not `whole`."""
    message = letter.draft.message
    notes = [f"not sent: {letter.draft.problem}"] if letter.draft.problem else []
    notes += [f"sent already to {', '.join(letter.had)}"] if letter.had else []
    again = "" if set(letter.unsure) <= set(letter.recipients) else "; --again sends it once more"
    notes += [f"may have been sent to {', '.join(letter.unsure)}{again}"] if letter.unsure else []
    notes += [f"to: {', '.join(letter.recipients)}"] if letter.recipients else []
    head = "\n".join((f"{letter.draft.filename}: {message['Subject']}", *(f"    {line}" for line in notes)))
    if not whole:
        return head
    headers = "\n".join(f"{name}: {value}" for name, value in message.items())
    rule = "-" * 72
    return f"{rule}\n{headers}\n\n{message.get_content()}{rule}\n{head}\n"


def _agreed(ready: Dispatch, *, yes: bool) -> bool:
    if yes:
        return True
    if not sys.stdin.isatty():
        raise UserError("nothing was sent: there is no terminal to ask on; --yes sends without asking")
    answer = input(f"Send {count(len(ready.left), 'mail')} as {ready.settings.sender}? [y/N] ")
    return answer.strip().lower() in ("y", "yes")


def _tell(letter: Outgoing, delivery: Delivery) -> None:
    words = {Fate.SENT: "sent", Fate.REFUSED: "NOT sent", Fate.UNSURE: "PERHAPS sent"}
    detail = f": {delivery.detail}" if delivery.detail else ""
    print(f"{words[delivery.fate]}: {letter.draft.filename}{detail}", flush=True)


def _status(ready: Dispatch, done: tuple[Delivery, ...]) -> int:
    """0 if all went out, 2 if something must be changed first, 3 if the same command may do better later."""
    bad = [delivery for delivery in done if delivery.fate is not Fate.SENT or delivery.detail]
    left = len(ready.left) - len(done)
    if left:
        print(f"{count(left, 'mail')} not tried: the same command sends the rest")
    if any(delivery.lasting for delivery in bad):
        return 2
    return 3 if left or any(delivery.fate is not Fate.SENT for delivery in bad) else 0


def check(args: Namespace, argv: tuple[str, ...]) -> int:  # noqa: ARG001
    """`kmatrix check`. The exit status says nothing of findings: b4 would take it for a crash."""
    known = checks.look_up(places(), sys.stdin.buffer.read())
    if args.format == "lines":
        said = b4.lines(view(known.report), known.commits) if known else [f"WARNING: {b4.NOT_BUILT}"]
        sys.stdout.write("".join(f"{line}\n" for line in said))
    else:
        print(json.dumps(b4.checks(view(known.report), known.commits) if known else []))
    return 0


def note(args: Namespace, argv: tuple[str, ...]) -> int:  # noqa: ARG001
    """`kmatrix note`."""
    written = checks.annotate(places(), args.run, args.tree)
    print(f"{count(written, 'note')} written: `git log --notes=kmatrix` shows them")
    return 0


def reproduce(args: Namespace, argv: tuple[str, ...]) -> int:  # noqa: ARG001
    """`kmatrix reproduce`: print the script, or run it and stay where it built."""
    text = past_runs.reproduce(places(), args.run, args.commit, args.cell)
    if not args.shell:
        sys.stdout.buffer.write(text.encode("utf-8", "replace"))
        return 0
    tree = args.tree or past_runs.repository_of(places(), args.run)
    with tempfile.TemporaryDirectory(prefix="kmatrix-reproduce-") as directory:
        path = Path(directory) / "reproduce.sh"
        path.write_text(text, encoding="utf-8", errors="replace")
        return run_here(str(path), "--shell", environment={"TREE": os.fspath(tree)})
