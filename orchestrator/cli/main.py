"""The entry point: choose the command, and turn every way it can end into an exit status. The one catcher."""

import sys
import traceback

from orchestrator.cli import arguments, commands
from orchestrator.errors import Interrupted, KmatrixError

INTERNAL = 4


def main(argv: list[str] | None = None) -> int:
    """Run a command line; its exit status (DESIGN section 3). argparse itself exits with 2 on wrong usage."""
    words = sys.argv[1:] if argv is None else argv
    args = arguments.parse(words)
    try:
        return commands.COMMANDS[args.command](args, tuple(words))
    except (KeyboardInterrupt, Interrupted):
        sys.stderr.write("kmatrix: interrupted; finished builds are kept, the same command goes on from there\n")
        return Interrupted.exit_code
    except BrokenPipeError:
        # `kmatrix report | head`: nobody reads on. The interpreter must not try to flush stdout once more.
        sys.stderr.close()
        return 0
    except KmatrixError as error:
        for line in str(error).splitlines():
            sys.stderr.write(f"kmatrix: {line}\n")
        return error.exit_code
    except Exception:  # whatever is left is a bug of ours, and is to be told as one
        traceback.print_exc()
        sys.stderr.write("kmatrix: this is a bug in kmatrix; please report it with the lines above\n")
        return INTERNAL
