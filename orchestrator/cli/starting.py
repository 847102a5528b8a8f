"""The commands that help to write a matrix.yaml."""

from argparse import Namespace

from orchestrator.cli import output
from orchestrator.config.schema import json_schema
from orchestrator.errors import UserError
from orchestrator.pipeline.resources import data


def init(args: Namespace, argv: tuple[str, ...]) -> int:  # noqa: ARG001
    """`kmatrix init`."""
    try:
        with args.file.open("x", encoding="utf-8") as file:
            file.write(data("matrix.yaml").read_text(encoding="utf-8"))
    except FileExistsError:
        raise UserError(f"{args.file}: it exists already; give another name") from None
    except OSError as error:
        raise UserError(f"{args.file}: {error.strerror}") from error
    print(f"{args.file}: edit it, then `kmatrix plan` shows what it means")
    return 0


def schema(args: Namespace, argv: tuple[str, ...]) -> int:  # noqa: ARG001
    """`kmatrix schema`."""
    output.write_json(json_schema(), "-")
    return 0
