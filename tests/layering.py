"""Reads imports and calls of a package's source with ast, and says which break given rules. Imports nothing of it."""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Rules:
    """What may use what. Module names are relative to the package (`results.store`); "" is the package itself."""

    package: str
    layers: tuple[frozenset[str], ...]
    """From the top down. Packages of one layer do not import each other."""
    doors: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Library -> the only modules, or whole packages, that may import it."""
    pure: frozenset[str] = frozenset()
    """Packages that import none of `impure`."""
    impure: frozenset[str] = frozenset()
    calls: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Dotted name (`os.chdir`, `print`, `sys.stdout`) -> the only packages or modules that may use it."""


@dataclass(frozen=True)
class Module:
    """One parsed source file. `name` is relative to the package."""

    name: str
    path: Path
    tree: ast.Module

    @property
    def part(self) -> str:
        """The top-level package or module it belongs to: `results` for `results.store`."""
        return self.name.partition(".")[0]


@dataclass(frozen=True)
class Import:
    """An import, nested or not. `target` is a whole dotted name."""

    module: Module
    line: int
    target: str


def violations(root: Path, rules: Rules) -> list[str]:
    """`file:line: rule` for everything under `root` (the package's folder) that breaks a rule."""
    modules = _modules(root)
    names = {module.name for module in modules}
    imports = [found for module in modules for found in _imports(module, rules.package, names)]
    found: list[str] = []
    for each in imports:
        found += [f"{each.module.path}:{each.line}: {text}" for text in _import_faults(each, rules)]
    for module in modules:
        found += [f"{module.path}:{line}: {text}" for line, text in _other_faults(module, rules)]
    return found + _cycles(imports, rules.package)


def _modules(root: Path) -> list[Module]:
    modules = []
    for path in sorted(root.rglob("*.py")):
        parts = path.relative_to(root).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        modules.append(Module(name, path, ast.parse(path.read_text("utf-8"), str(path))))
    return modules


def _imports(module: Module, package: str, names: set[str]) -> Iterator[Import]:
    for node in ast.walk(module.tree):
        match node:
            case ast.Import(names=aliases):
                for alias in aliases:
                    yield Import(module, node.lineno, alias.name)
            case ast.ImportFrom(module=source, names=aliases, level=0) if source:
                for alias in aliases:
                    whole = f"{source}.{alias.name}"
                    is_module = whole.removeprefix(f"{package}.") in names if whole.startswith(f"{package}.") else False
                    yield Import(module, node.lineno, whole if is_module else source)
            case ast.Call(func=function, args=[ast.Constant(value=str(target)), *_]):
                if _dotted(function).rpartition(".")[2] in ("import_module", "__import__"):
                    yield Import(module, node.lineno, target)


def _import_faults(found: Import, rules: Rules) -> Iterator[str]:
    library = found.target.partition(".")[0]
    if library == rules.package:
        yield from _layer_faults(found, rules)
        return
    allowed = rules.doors.get(library)
    if allowed is not None and not _within(found.module, allowed):
        yield f"imports {library}; its only door is {_listed(allowed)}"
    if found.module.part in rules.pure and library in rules.impure:
        yield f"{found.module.part} is pure and imports {library}"


def _layer_faults(found: Import, rules: Rules) -> Iterator[str]:
    below = found.target.removeprefix(rules.package).lstrip(".").partition(".")[0]
    depth = {part: number for number, layer in enumerate(rules.layers) for part in layer}
    part = found.module.part
    if below == part:
        return
    if part not in depth or below not in depth:
        yield f"{part if part not in depth else below} is in no layer: add it to the rules"
    elif depth[below] < depth[part]:
        yield f"imports go down only: {part} imports {below}, which is above it"
    elif depth[below] == depth[part]:
        yield f"imports never go sideways: {part} imports {below}, of the same layer"


def _other_faults(module: Module, rules: Rules) -> Iterator[tuple[int, str]]:
    aliases = _aliases(module.tree)
    for node in ast.walk(module.tree):
        match node:
            case ast.ImportFrom(level=level) if level:
                yield node.lineno, "relative import"
            case ast.Name(id="TYPE_CHECKING") | ast.Attribute(attr="TYPE_CHECKING"):
                yield node.lineno, "TYPE_CHECKING: an import is an import"
            case ast.Call(func=function, args=[argument, *_]) if not isinstance(argument, ast.Constant):
                if _dotted(function).rpartition(".")[2] in ("import_module", "__import__"):
                    yield node.lineno, "imports what no rule can see: name the module"
        if isinstance(node, ast.Name | ast.Attribute):
            head, dot, rest = _dotted(node).partition(".")
            name = aliases.get(head, head) + dot + rest
            allowed = rules.calls.get(name)
            if allowed is not None and not _within(module, allowed):
                yield node.lineno, f"uses {name}, which {_listed(allowed)} may"


def _aliases(tree: ast.Module) -> dict[str, str]:
    """Local name -> dotted name, for `import os as o` and `from os import chdir as go`."""
    found = {}
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                found |= {alias.asname: alias.name for alias in names if alias.asname}
            case ast.ImportFrom(module=source, names=names) if source:
                found |= {alias.asname or alias.name: f"{source}.{alias.name}" for alias in names}
    return found


def _dotted(node: ast.expr) -> str:
    """`os.path.join` of a name or attribute; "" for anything else."""
    match node:
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=value, attr=name) if before := _dotted(value):
            return f"{before}.{name}"
    return ""


def _within(module: Module, allowed: frozenset[str]) -> bool:
    return any(module.name == place or module.name.startswith(f"{place}.") for place in allowed)


def _listed(places: frozenset[str]) -> str:
    return " or ".join(sorted(places)) + " alone" if places else "nobody"


def _cycles(imports: list[Import], package: str) -> list[str]:
    """Every import between modules that can be followed back to where it came from."""
    edges: dict[str, list[Import]] = {}
    for each in imports:
        if each.target.partition(".")[0] == package:
            edges.setdefault(each.module.name, []).append(each)
    found = []
    for name in edges:
        path = _way_back(name, edges, package)
        if path and name == min(each.module.name for each in path):
            around = " > ".join([*(each.module.name or package for each in path), name or package])
            found.append(f"{path[0].module.path}:{path[0].line}: import cycle: {around}")
    return found


def _way_back(start: str, edges: dict[str, list[Import]], package: str) -> list[Import]:
    """The shortest way of imports from a module back to itself, [] if there is none."""
    ways: list[list[Import]] = [[each] for each in edges.get(start, [])]
    seen: set[str] = set()
    while ways:
        way = ways.pop(0)
        at = way[-1].target.removeprefix(package).lstrip(".")
        if at == start:
            return way
        if at not in seen:
            seen.add(at)
            ways += [[*way, each] for each in edges.get(at, [])]
    return []
