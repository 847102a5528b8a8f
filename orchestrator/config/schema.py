"""The shape of matrix.yaml. The only pydantic import; every error at once, each with its place and a did-you-mean."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import ErrorDetails

from orchestrator.config import catalog, configwords, values
from orchestrator.config.document import Document, NodePath, Problem

_JSON_NAME = {"type": "string", "pattern": "^[A-Za-z0-9][A-Za-z0-9._+-]*$", "maxLength": 100}
_JSON_TEXT = {"type": "string", "minLength": 1}
_JSON_TIME = {"anyOf": [{"type": "integer", "minimum": 1}, {"type": "string", "pattern": "^[1-9][0-9]*[smhd]?$"}]}
_JSON_MEMORY = {"type": "string", "pattern": "^[1-9][0-9]*[mgtMGT]([iI]?[bB])?$"}
_JSON_VARIABLES = {"type": "object", "additionalProperties": {"type": ["string", "integer"]}}


def _one_or_more(item: dict[str, Any]) -> dict[str, Any]:
    return {"anyOf": [item, {"type": "array", "items": item, "minItems": 1}]}


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """The names that a matrix may use; what the file itself adds to them included."""

    arches: frozenset[str]
    arch_aliases: Mapping[str, str]
    compilers: frozenset[str]
    configs: frozenset[str]

    @classmethod
    def by(cls, data: dict[str, Any]) -> Self:
        """The catalog and the keys of the sections `compilers` and `configs`, whatever else is wrong with those."""
        compilers, configs = data.get("compilers"), data.get("configs")
        return cls(
            arches=frozenset(catalog.arches()),
            arch_aliases=catalog.arch_aliases(),
            compilers=frozenset(catalog.toolchains()) | frozenset(compilers if isinstance(compilers, dict) else ()),
            configs=frozenset(configs if isinstance(configs, dict) else ()),
        )


def _known(info: ValidationInfo) -> Known:
    assert isinstance(info.context, Known)
    return info.context


def _known_arch(name: str, info: ValidationInfo) -> str:
    known = _known(info)
    if name in known.arches or values.is_glob(name):
        return name
    alias = known.arch_aliases.get(name.lower())
    near = f" (here it is called {alias!r})" if alias else values.did_you_mean(name, known.arches)
    raise ValueError(f"unknown arch {name!r}{near or '; `kmatrix images list` shows what there is'}")


def _known_compiler(name: str, info: ValidationInfo) -> str:
    known = _known(info)
    if name in known.compilers or values.is_glob(name):
        return name
    near = values.did_you_mean(name, known.compilers)
    raise ValueError(f"unknown compiler {name!r}{near}: describe it under compilers")


def _known_config(request: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
    known = _known(info)
    configwords.check_request(request, known.configs)
    return request


def _whole(low: int, high: int) -> BeforeValidator:
    return BeforeValidator(partial(values.whole, low=low, high=high))


Text = Annotated[str, BeforeValidator(values.text), WithJsonSchema(_JSON_TEXT)]
Name = Annotated[str, BeforeValidator(values.name), WithJsonSchema(_JSON_NAME)]
Arch = Annotated[Name, AfterValidator(_known_arch)]
Compiler = Annotated[Name, AfterValidator(_known_compiler)]
Severity = Annotated[str, BeforeValidator(partial(values.one_of, known=values.SEVERITIES))]
FailOn = Annotated[str, BeforeValidator(partial(values.one_of, known=values.FAIL_ON))]
Build = Annotated[str, BeforeValidator(partial(values.one_of, known=values.BUILD))]
MakeTarget = Annotated[str, BeforeValidator(values.target)]
Arches = Annotated[tuple[Arch, ...], BeforeValidator(values.listed), WithJsonSchema(_one_or_more(_JSON_NAME))]
Compilers = Annotated[tuple[Compiler, ...], BeforeValidator(values.listed), WithJsonSchema(_one_or_more(_JSON_NAME))]
ArchGlob = Annotated[Text, AfterValidator(_known_arch)]
CompilerGlob = Annotated[Text, AfterValidator(_known_compiler)]
ArchGlobs = Annotated[tuple[ArchGlob, ...], BeforeValidator(values.listed), WithJsonSchema(_one_or_more(_JSON_TEXT))]
CompilerGlobs = Annotated[
    tuple[CompilerGlob, ...], BeforeValidator(values.listed), WithJsonSchema(_one_or_more(_JSON_TEXT))
]
Globs = Annotated[tuple[Text, ...], BeforeValidator(values.listed), WithJsonSchema(_one_or_more(_JSON_TEXT))]
Targets = Annotated[tuple[MakeTarget, ...], BeforeValidator(values.listed), WithJsonSchema(_one_or_more(_JSON_TEXT))]
Lines = tuple[Annotated[str, BeforeValidator(values.config_line), WithJsonSchema(_JSON_TEXT)], ...]
# A make target, a file or a named config; as a list: base, then fragments and CONFIG_ lines.
ConfigRequest = Annotated[
    tuple[Text, ...],
    BeforeValidator(values.listed),
    AfterValidator(_known_config),
    WithJsonSchema(_one_or_more(_JSON_TEXT)),
]
ConfigAxis = Annotated[
    tuple[ConfigRequest, ...], BeforeValidator(values.listed), WithJsonSchema(_one_or_more(_one_or_more(_JSON_TEXT)))
]
Duration = Annotated[int, BeforeValidator(values.duration), WithJsonSchema(_JSON_TIME)]
Memory = Annotated[int, BeforeValidator(values.memory), WithJsonSchema(_JSON_MEMORY)]
Variables = Annotated[
    dict[Annotated[str, BeforeValidator(values.variable_name)], Annotated[str, BeforeValidator(values.variable_value)]],
    WithJsonSchema(_JSON_VARIABLES),
]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ResourcesSection(_Section):
    """Limits of one lane's container."""

    jobs: Annotated[int, _whole(0, 4096)] | None = Field(None, description="make jobs; 0 or absent: all cores, shared")
    memory: Memory | None = Field(None, description="8g, 512m; swap included")
    pids: Annotated[int, _whole(64, 4_194_304)] | None = Field(None, description="processes and threads")


class Settings(_Section):
    """What defaults gives to every cell and an override changes for some."""

    targets: Targets | None = Field(None, description="real make targets: all, mm/, dtbs")
    make: Variables = Field({}, description="make variables: {W: 1, C: 1, KCFLAGS: -O3}")
    timeout: Duration | None = Field(None, description="of one build: 45m, 2h, 90s or seconds")
    resources: ResourcesSection = ResourcesSection()  # type: ignore[call-arg]
    allow: tuple[Severity, ...] | None = Field(None, description="severities that never redden the cell")


class CompilerSection(_Section):
    """A compiler that kmatrix does not know, or other words for one that it does."""

    image: Annotated[str, BeforeValidator(values.image)] | None = Field(None, description="{arch} stands for the arch")
    make: Variables = {}
    arches: Arches | None = Field(None, description="the only arches it serves")


class ConfigSection(_Section):
    """A named config: a base, then fragments, then symbols that must hold after olddefconfig."""

    base: Annotated[Text, AfterValidator(configwords.check_base)] = Field(
        description="make target of the tree, or ./file beside matrix.yaml"
    )
    fragments: tuple[Annotated[Text, AfterValidator(configwords.check_fragment)], ...] = Field(
        (), description="files of the tree, or ./files beside matrix.yaml"
    )
    set: Lines = Field((), description='CONFIG_X=y, "# CONFIG_Y is not set"')


class Rule(_Section):
    """Which cells: each key one value, a list, or shell globs; a cell must match every key."""

    arch: ArchGlobs | None = None
    compiler: CompilerGlobs | None = None
    config: Globs | None = None

    @model_validator(mode="after")
    def _not_empty(self) -> Self:
        if self.arch is None and self.compiler is None and self.config is None:
            raise ValueError("names no cells: give at least one of arch, compiler, config")
        return self


class IncludeSection(_Section):
    """One whole extra cell, exempt from exclude."""

    arch: Arch
    compiler: Compiler
    config: ConfigRequest


class OverrideSection(Settings):
    """Other settings for the cells that match; later overrides win."""

    match: Rule

    @model_validator(mode="after")
    def _changes_something(self) -> Self:
        if not self.model_fields_set - {"match"}:
            raise ValueError("changes nothing: give targets, make, timeout, resources or allow")
        return self


class AxesSection(_Section):
    """arch x compiler x config, minus exclude, plus include, patched by override."""

    arch: Arches
    compiler: Compilers
    config: ConfigAxis
    exclude: tuple[Rule, ...] = ()
    include: tuple[IncludeSection, ...] = ()
    override: tuple[OverrideSection, ...] = ()


class SeriesSection(_Section):
    """What the series is based on when the command line does not say."""

    base: Text = Field("auto", description="a revision, or auto")
    candidates: Globs = Field((), description="refs that mailed patches may be for, the likeliest first; globs too")
    build: Build = Field("all", description="all commits, or bisect: only what it takes to date each finding")


class ReportSection(_Section):
    """What makes the series red."""

    fail_on: tuple[FailOn, ...] = values.FAIL_ON


class MatrixFile(_Section):
    """A whole matrix.yaml."""

    version: Literal[1] = 1
    name: Name | None = None
    series: SeriesSection = SeriesSection()  # type: ignore[call-arg]
    defaults: Settings = Settings()  # type: ignore[call-arg]
    compilers: dict[Name, CompilerSection] = {}
    configs: dict[Name, ConfigSection] = {}
    matrix: AxesSection
    report: ReportSection = ReportSection()


def json_schema() -> dict[str, Any]:
    """The JSON Schema of matrix.yaml, for editors."""
    schema = MatrixFile.model_json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": "kmatrix matrix.yaml"}


def check(document: Document) -> tuple[MatrixFile | None, tuple[Problem, ...]]:
    """The typed file, or None and everything that is wrong with it."""
    if not isinstance(document.data, dict):
        shape = values.kind(document.data)
        return None, (document.problem((), f"expected a mapping with the keys matrix, defaults, ...; got {shape}"),)
    try:
        return MatrixFile.model_validate(document.data, context=Known.by(document.data)), ()
    except ValidationError as error:
        return None, tuple(_problem(document, detail) for detail in error.errors(include_url=False))


def _problem(document: Document, detail: ErrorDetails) -> Problem:
    path: NodePath = detail["loc"]
    of_key = path[-1:] == ("[key]",)
    path = path[:-1] if of_key else path
    # A lone value was taken for a list of one: there is no [0] in the file.
    while path and path not in document.values and isinstance(path[-1], int):
        path = path[:-1]
    if detail["type"] == "extra_forbidden":
        known = _keys_at(path[:-1])
        return document.problem(path, f"unknown key{values.did_you_mean(str(path[-1]), known)}", key=True)
    if detail["type"] == "missing":
        return document.problem(path, "is missing")
    return document.problem(path, _text(document, path, detail), key=of_key)


def _text(document: Document, path: NodePath, detail: ErrorDetails) -> str:
    got = values.kind(detail["input"])
    if detail["type"] == "value_error":
        text = str(detail["ctx"]["error"])
    elif detail["type"] in ("model_type", "dict_type", "model_attributes_type"):
        text = f"expected a mapping, got {got}"
    elif detail["type"] in ("tuple_type", "list_type"):
        text = f"expected a list, got {got}"
    elif detail["type"] == "literal_error":
        text = f"expected {detail['ctx']['expected']}, got {got}"
    else:
        text = detail["msg"]
    raw = document.raw.get(path)
    if raw is None or "expected text" not in text:
        return text
    return f'{text}: YAML reads {raw} so: quote it ("{raw}")' if raw else text


def _keys_at(path: NodePath) -> tuple[str, ...]:
    """The keys that the section at `path` may have."""
    model: type[BaseModel] | None = MatrixFile
    annotation: Any = MatrixFile
    for part in path:
        if model is not None and part in model.model_fields:
            annotation = model.model_fields[str(part)].annotation
        model = _model_in(annotation)
    return tuple(model.model_fields) if model else ()


def _model_in(annotation: Any) -> type[BaseModel] | None:
    """The section class inside `tuple[X, ...]`, `dict[str, X]` or X."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for arg in get_args(annotation) if (found := _model_in(arg))), None)
