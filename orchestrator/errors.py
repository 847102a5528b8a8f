"""Every way a command stops early. Each class owns its exit status; each message says what to do next.

A build that fails is data (`model.build.Ending`), never an exception.
"""


class KmatrixError(Exception):
    """The root: a command cannot go on. `exit_code` is what the process exits with.

    `str(error)` is one or more whole lines for a person: what is wrong, where (file:line:column when there is a
    file), what was expected, what to do next.
    """

    exit_code = 4


class UserError(KmatrixError):
    """The user must change something: usage, matrix.yaml, the series, the tree."""

    exit_code = 2


class ConfigError(UserError):
    """matrix.yaml is wrong. `problems` holds every one of them, each `file:line:column: path: text`."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class SeriesError(UserError):
    """The series cannot be read, ordered or applied."""


class InfrastructureError(KmatrixError):
    """The machine, not the user's input: no Docker engine, no image, a full disk, a store of a newer version."""

    exit_code = 3


class Interrupted(KmatrixError):
    """Ctrl-C or SIGTERM: everything started was stopped, everything finished was kept."""

    exit_code = 130
