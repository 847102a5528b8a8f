"""A config as the matrix asks for it -> KernelConfig. Files of the user's are read here, files of the tree are not."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from orchestrator.config import load
from orchestrator.config.catalog import Arch
from orchestrator.config.configwords import cell_name, is_line, is_user_path, lines_by_symbol
from orchestrator.config.schema import ConfigSection
from orchestrator.errors import ConfigError
from orchestrator.model.matrix import KernelConfig

MAX_CONFIG_BYTES = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Configs:
    """What a request can refer to: the named configs, and the folder that `./x.config` is relative to."""

    named: Mapping[str, ConfigSection]
    root: Path

    def resolve(self, request: tuple[str, ...], where: str) -> KernelConfig:
        """A checked request (see `configwords`) -> what it means. Raises ValueError about files and contradictions."""
        first, *rest = request
        section = self.named.get(first)
        base = section.base if section else first
        items = (*section.fragments, *section.set, *rest) if section else tuple(rest)
        paths = [item for item in items if not is_line(item)]
        config = KernelConfig(
            name=cell_name(request),
            base=base,
            fragments=tuple(path for path in paths if not is_user_path(path)),
            fragment_texts=tuple(self._read(path) for path in paths if is_user_path(path)),
            symbols=tuple(lines_by_symbol(items).values()),
            where=where,
        )
        return replace(config, base_is_file=True, base_text=self._read(base)) if is_user_path(base) else config

    def _read(self, item: str) -> str:
        try:
            path = self.root / Path(item).expanduser()
            text = load.read_text(path, limit=MAX_CONFIG_BYTES)
        except ConfigError as error:
            raise ValueError(error.problems[0]) from None
        except RuntimeError as error:
            raise ValueError(f"{item!r}: {error}") from None
        for number, line in enumerate(text.splitlines(), 1):
            # The line itself is not shown: whatever this file is, it is not ours to print.
            if line.strip() and not line.startswith(("CONFIG_", "#")):
                raise ValueError(f"{path}:{number}: is no line of a .config (CONFIG_X=y or a # comment)")
        return text


def for_arch(config: KernelConfig, arch: Arch) -> KernelConfig:
    """`defconfig` of powerpc32 is pmac32_defconfig. Raises ValueError if the kernel has no such target for it."""
    meanings = dict(arch.configs)
    if config.base_is_file or config.base not in meanings:
        return config
    meaning = meanings[config.base]
    if meaning is None:
        known = ", ".join(name for name in meanings.values() if name)
        raise ValueError(f"the kernel has no {config.base} for {arch.name} (it has {known})")
    return replace(config, base=meaning)
