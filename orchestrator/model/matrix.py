"""What to build: targets (arch x config x compiler), the images they need, and the policy of the report."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageSpec:
    """How to come by a toolchain image.

    `reference` is the tag it is known by locally (`kmatrix/gcc-14:powerpc`) or a foreign image to use as it is.
    `context` is the folder under containers/ that builds it, None for a foreign image, which can only be pulled.
    `build_args` are passed to `docker build`. Images are *used* by id, never by this tag.
    """

    reference: str
    context: str | None = None
    build_args: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class KernelConfig:
    """Where a target's .config comes from.

    `base` is a make target of the tree (`defconfig`, `ppc64_defconfig`, `allnoconfig`) or, when `base_is_file`, the
    text of a .config read from `base`. `fragments` are files of the *tree* (kernel/configs/debug.config);
    `fragment_texts` are fragments read from the user's disk. `symbols` are whole lines: `CONFIG_KASAN=y`,
    `# CONFIG_RANDSTRUCT is not set`; each must hold after olddefconfig. `where` is `file:line:column` of the request.
    """

    name: str
    base: str
    base_is_file: bool = False
    base_text: str = ""
    fragments: tuple[str, ...] = ()
    fragment_texts: tuple[str, ...] = ()
    symbols: tuple[str, ...] = ()
    where: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resources:
    """Limits of one lane's container. `jobs`: make jobs (0: share all cores). `memory_mb` is MiB, swap included."""

    jobs: int = 0
    memory_mb: int = 8192
    pids: int = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A column of the table.

    `make_vars` are ready for the command line, in order: ARCH first, CROSS_COMPILE or LLVM, then the user's.
    `make_targets` are real make targets (`all`, `mm/`, `dtbs`). `allow` lists severities that never redden it.
    """

    arch: str
    config: KernelConfig
    compiler: str
    image: ImageSpec
    make_vars: tuple[tuple[str, str], ...]
    make_targets: tuple[str, ...] = ("all",)
    timeout_s: int = 2700
    resources: Resources = Resources()
    allow: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """`powerpc-ppc64_defconfig-clang-19`: what --select and --cell match."""
        return f"{self.arch}-{self.config.name}-{self.compiler}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Matrix:
    """A checked matrix.yaml (or the options that stand in for one). `warnings` are lines for the user.

    `base` is a revision or `auto`; `candidates` are refs that mailed patches may be for. `build`: `all` commits, or
    `bisect`: only those it takes to date each finding.
    """

    name: str
    targets: tuple[Target, ...]
    base: str = "auto"
    candidates: tuple[str, ...] = ()
    build: str = "all"
    fail_on: tuple[str, ...] = ("error", "new-warning")
    warnings: tuple[str, ...] = ()
    source: str = ""
