"""The templates of reports/, rendered. The only jinja2 import.

HTML is escaped, text is not: what goes into a text template was made printable before.
"""

import functools
from dataclasses import dataclass
from pathlib import Path

import jinja2

from orchestrator.errors import InfrastructureError


@dataclass(frozen=True, slots=True)
class Templates:
    """The folder that holds them (`reports/` of the checkout or of the wheel); files of `own` go before it."""

    folder: Path
    own: Path | None = None

    def render(self, name: str, /, **values: object) -> str:
        """`name` (`mail.txt.j2`) with `values`. A value the template wants and does not get is a bug, not a blank.

        Raises InfrastructureError if the template is missing or broken: it is a file that users may edit.
        """
        try:
            return _environment(self._folders).get_template(name).render(**values)
        except jinja2.TemplateSyntaxError as error:
            raise InfrastructureError(f"{self._place(name)}:{error.lineno}: {error.message}") from error
        except jinja2.TemplateError as error:
            raise InfrastructureError(f"{self._place(name)}: {error.message or type(error).__name__}") from error

    def raw(self, name: str) -> str:
        """The text of a file beside the templates, as it is. Raises InfrastructureError if it cannot be read."""
        try:
            return self._place(name).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise InfrastructureError(f"{self._place(name)}: cannot be read: {error}") from error

    @property
    def _folders(self) -> tuple[Path, ...]:
        return (self.own, self.folder) if self.own else (self.folder,)

    def _place(self, name: str) -> Path:
        return next((folder / name for folder in self._folders if (folder / name).exists()), self.folder / name)


@functools.cache
def _environment(folders: tuple[Path, ...]) -> jinja2.Environment:
    """Kept, with the templates it has compiled: a run renders dozens of documents from four of them."""
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(folders),
        autoescape=jinja2.select_autoescape(enabled_extensions=("html", "html.j2"), default=False),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
