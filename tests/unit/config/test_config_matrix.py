"""From the text of a matrix.yaml to targets or to every problem in it."""

import json
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator.config import load_matrix, matrix_from_options, parse_matrix, presets
from orchestrator.config.schema import json_schema
from orchestrator.errors import ConfigError, UserError
from orchestrator.model.matrix import Matrix, Target

REPO = Path(__file__).parents[3]
AXES = "matrix:\n  arch: [x86_64, arm64]\n  compiler: [gcc-14, clang-19]\n  config: [defconfig, tinyconfig]\n"


def matrix(text: str, folder: Path = Path()) -> Matrix:
    return parse_matrix(text, folder / "matrix.yaml")


def problems(text: str, folder: Path = Path()) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        matrix(text, folder)
    assert caught.value.exit_code == 2
    return list(caught.value.problems)


def target(found: Matrix, name: str) -> Target:
    return next(each for each in found.targets if each.name == name)


def test_the_example_of_the_checkout_is_valid() -> None:
    """matrix.yaml is modest, valid, and without warnings."""
    found = load_matrix(REPO / "matrix.yaml")
    assert found.warnings == ()
    assert 5 < len(found.targets) < 15
    assert target(found, "powerpc-defconfig-gcc-14").make_targets == ("kernel/", "mm/", "arch/powerpc/mm/")


@pytest.mark.parametrize("name", presets())
def test_presets_are_valid(name: str) -> None:
    """Each loads by its bare name, without warnings."""
    found = load_matrix(Path(name))
    assert (found.name, found.source, found.warnings) == (name, f"preset {name}", ())


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("none.yaml", "none.yaml: no such file"),
        ("quik", "quik: no such file, and no preset of that name (there is checklist, "),
        ("x" * 300, "cannot be read: File name too long"),
        (".", "is a directory"),
    ],
)
def test_a_matrix_that_is_not_there_is_said(path: str, expected: str) -> None:
    """Whether a file or a preset was meant."""
    with pytest.raises(ConfigError) as caught:
        load_matrix(Path(path))
    assert expected in str(caught.value)


def test_the_axes_are_multiplied_in_the_order_of_a_cells_name() -> None:
    """arch, then config, then compiler."""
    names = [each.name for each in matrix(AXES).targets]
    assert names[:3] == ["x86_64-defconfig-gcc-14", "x86_64-defconfig-clang-19", "x86_64-tinyconfig-gcc-14"]
    assert len(names) == 8


def test_exclude_takes_values_lists_and_globs() -> None:
    """Every key of a rule must fit."""
    found = matrix(AXES + "  exclude: [{arch: [arm64, arm], compiler: 'clang-*'}, {config: tinyconfig}]\n")
    assert [each.name for each in found.targets] == [
        "x86_64-defconfig-gcc-14", "x86_64-defconfig-clang-19", "arm64-defconfig-gcc-14",
    ]  # fmt: skip


def test_include_is_exempt_from_exclude() -> None:
    """What is asked for by name is built."""
    found = matrix(
        AXES + "  exclude: [{arch: '*'}]\n  include: [{arch: x86_64, compiler: gcc-14, config: defconfig}]\n"
    )
    assert [each.name for each in found.targets] == ["x86_64-defconfig-gcc-14"]


def test_overrides_apply_in_order_and_merge_make_and_resources() -> None:
    """Variables: toolchain, defaults, the compiler's entry, overrides; a replaced one keeps its place."""
    found = matrix(
        "defaults: {make: {W: 1, KCFLAGS: -O1}, resources: {memory: 2g, jobs: 3}, targets: [mm/], allow: [warning]}\n"
        "compilers: {clang-19: {make: {LLVM_IAS: 0, KCFLAGS: -O2}}}\n"
        + AXES
        + "  override:\n"
        + "    - {match: {arch: x86_64}, make: {W: 2}, timeout: 2h, resources: {memory: 4g}, allow: []}\n"
        + "    - {match: {compiler: 'clang*', arch: x86_64}, make: {C: 1}, targets: all, timeout: 90s}\n"
    )
    clang = target(found, "x86_64-defconfig-clang-19")
    assert clang.make_vars == (
        ("ARCH", "x86_64"), ("LLVM", "-19"), ("W", "2"), ("KCFLAGS", "-O2"), ("LLVM_IAS", "0"), ("C", "1"),
    )  # fmt: skip
    assert (clang.timeout_s, clang.make_targets, clang.allow) == (90, ("all",), ())
    assert (clang.resources.memory_mb, clang.resources.jobs) == (4096, 3)
    assert target(found, "arm64-defconfig-gcc-14").make_vars[2:] == (("W", "1"), ("KCFLAGS", "-O1"))


def test_rules_that_match_nothing_are_warned_of_with_their_line() -> None:
    """An idle exclude or override is a likely mistake, not an error."""
    found = matrix(AXES + "  exclude: [{config: nosuch}]\n  override:\n    - {match: {arch: arm}, timeout: 1h}\n")
    assert found.warnings == (
        "matrix.yaml:5:13: matrix.exclude[0]: matches no cell",
        "matrix.yaml:7:7: matrix.override[0]: matches no cell",
    )


def test_pairs_that_cannot_be_are_left_out_of_the_product_with_a_warning() -> None:
    """m68k has no clang here; said once, with the reason."""
    found = matrix("matrix: {arch: [x86_64, m68k], compiler: [gcc-14, clang-19], config: [defconfig, tinyconfig]}")
    assert len(found.targets) == 6
    assert len(found.warnings) == 1
    assert "m68k with clang-19 is unsupported and left out" in found.warnings[0]


def test_a_pair_that_cannot_be_is_an_error_where_it_is_asked_for_by_name() -> None:
    """include names one whole cell."""
    (problem,) = problems(AXES + "  include:\n    - {arch: m68k, compiler: clang-19, config: defconfig}\n")
    assert problem.startswith("matrix.yaml:6:7: matrix.include[0]: m68k with clang-19 is unsupported: ")


def test_every_problem_is_reported_at_once_in_the_order_of_lines() -> None:
    """Unknown keys, wrong values, unknown names and YAML's own traps in one list."""
    text = """\
version: 2
defaults: {timeout: 1:30, make: {ARCH: x86, W: no}, targets: [-k]}
configs: {kasan: {base: defconfig, set: [KASAN=y]}}
matrix:
  arch: [x86_64, aarch64, rsicv]
  compiler: [gcc-14, 6.10, clnag-19]
  config: [defconfg, kasan]
  exclude:
    - {arch: s390, compilr: "clang-*"}
  exclude: []
  include: [{arch: x86_64}]
"""
    expected = """\
matrix.yaml:1:10: version: expected 1, got the number 2
matrix.yaml:2:21: defaults.timeout: 1:30 is not a plain decimal number: quote it ("1:30") or write it out
matrix.yaml:2:34: defaults.make.ARCH: ARCH may not be set: the arch axis sets it
matrix.yaml:2:48: defaults.make.W: expected text or a whole number, got false: YAML reads no so: quote it ("no")
matrix.yaml:2:63: defaults.targets[0]: '-k' starts with -: make would take it for an option
matrix.yaml:3:42: configs.kasan.set[0]: 'KASAN=y' is neither CONFIG_X=value nor '# CONFIG_X is not set': write C
matrix.yaml:5:18: matrix.arch[1]: unknown arch 'aarch64' (here it is called 'arm64')
matrix.yaml:5:27: matrix.arch[2]: unknown arch 'rsicv' (did you mean 'riscv'?)
matrix.yaml:6:22: matrix.compiler[1]: expected text, got the number 6.1: YAML reads 6.10 so: quote it ("6.10")
matrix.yaml:6:28: matrix.compiler[2]: unknown compiler 'clnag-19' (did you mean 'clang-19'?): describe it under co
matrix.yaml:7:12: matrix.config[0]: 'defconfg' is no config: a make target (defconfig), ./file, or a name under co
matrix.yaml:9:20: matrix.exclude[0].compilr: unknown key (did you mean 'compiler'?)
matrix.yaml:10:3: matrix.exclude: this key is here twice (first at line 8)
matrix.yaml:11:13: matrix.include[0].compiler: is missing
matrix.yaml:11:13: matrix.include[0].config: is missing
"""
    found = problems(text)
    assert [each[:100] for each in found] == [each[:100] for each in expected.splitlines()]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("- a\n", "matrix.yaml:1:1: expected a mapping with the keys matrix, defaults, ...; got a list"),
        ("hello\n", "got text"),
        ("name: x\n", "matrix.yaml:1:1: matrix: is missing"),
        ("matrix:\n", "matrix.yaml:1:8: matrix: expected a mapping, got nothing"),
        ("matrix: {arch: [], compiler: gcc-14, config: defconfig}", "matrix.yaml:1:16: matrix.arch: is empty"),
        ("matrix: {arch: , compiler: gcc-14, config: defconfig}", "matrix.arch: expected text or a list, got nothing"),
        ("matrix: {arch: x86_64, compiler: gcc-14, config: [[]]}", "matrix.yaml:1:51: matrix.config[0]: is empty"),
        (AXES + "  exclude: [{}]\n", "matrix.yaml:5:13: matrix.exclude[0]: names no cells"),
        (AXES + "  exclude: [{arch: '*'}]\n", "matrix.yaml:2:3: matrix: no cell is left to build"),
        (AXES + "  override: [{match: {arch: '*'}}]\n", "changes nothing"),
        (AXES + "  override: [{timeout: 1h}]\n", "matrix.override[0].match: is missing"),
        (
            AXES.replace("arm64", "x86_64"),
            "matrix.yaml:2:18: matrix.arch[1]: 'x86_64' is here twice (first at matrix.yaml:2:10)",
        ),
        (
            AXES.replace("tinyconfig", "[defconfig]"),
            "matrix.config[1]: 'defconfig' is here twice (first at matrix.yaml:4:12)",
        ),
        (
            AXES + "  include:\n    - {arch: arm64, compiler: gcc-14, config: defconfig}\n",
            "matrix.include[0]: the cell arm64-defconfig-gcc-14 is here twice (first at matrix.yaml:4:12)",
        ),
        ("compilers: {gcc-14: {}, gcc-14: {}}\n" + AXES, "compilers.gcc-14: this key is here twice (first at line 1)"),
        (
            "compilers: {gcc-8: {}}\n" + AXES,
            "kmatrix does not know this compiler (did you mean 'gcc-14'?): give its image",
        ),
        ("compilers: {icc: {image: x}}\n" + AXES, "how does make select it?"),
        ("compilers: {a/b: {image: x}}\n" + AXES, "compilers.a/b: 'a/b' is no name"),
        ("defaults: {make: {LLVM: 1}}\n" + AXES, "matrix.yaml:1:25: defaults.make.LLVM: would build"),
        (
            "defaults: {allow: [warnings]}\n" + AXES,
            "expected one of error, warning; got 'warnings' (did you mean 'warning'?)",
        ),
        ("report: {fail_on: [new-warnings]}\n" + AXES, "(did you mean 'new-warning'?)"),
        ("defaults: {resources: {jobs: -1}}\n" + AXES, "-1 is not between 0 and 4096"),
        ("series: {base: 6.10}\n" + AXES, 'quote it ("6.10")'),
        ("matrix: {arch: powerpc64le, compiler: gcc-14, config: allyesconfig}", "no allyesconfig for powerpc64le"),
        (f"name: ../x\n{AXES}", "'../x' is no name"),
    ],
)
def test_bad_input_is_said_with_its_place(text: str, expected: str) -> None:
    """One line each, with what was expected."""
    assert any(expected in problem for problem in problems(text)), problems(text)


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ("menuconfig", "asks questions"),
        ("https://x/defconfig", "is a URL"),
        ("CONFIG_X=y", "needs a base"),
        ("kvm_guest.config", "is a fragment"),
        ("../../etc/passwd", "is no line of a .config"),
        ("./none.config", "no such file"),
        ("a/../defconfig", "is no config"),
        ("[defconfig, ../x.config]", "no such file"),
        ("[defconfig, kernel/../../x.config]", "leaves the tree"),
        ("[defconfig, debug.config]", "give a path in the tree"),
        ("[defconfig, CONFIG_X=y, CONFIG_X=m]", "asks for both"),
        ("[defconfig, CONFIG_X=perhaps]", "neither"),
        ("-defconfig", "is no config"),
    ],
)
def test_a_config_that_cannot_be_meant_is_refused(tmp_path: Path, config: str, expected: str) -> None:
    """No network, no questions, no way out of the tree, and never the text of a file that is no .config."""
    folder = tmp_path / "a" / "b"
    folder.mkdir(parents=True)
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc" / "passwd").write_text("root:secret\n")
    (problem,) = problems(f"matrix: {{arch: x86_64, compiler: gcc-14, config: [{config}]}}", folder)
    assert expected in problem
    assert "secret" not in problem


def test_named_configs_and_lists_become_base_fragments_and_symbols(tmp_path: Path) -> None:
    """Files beside matrix.yaml are read now; symbols are blamed on the line that asks for them."""
    (tmp_path / "laptop.config").write_text("# mine\nCONFIG_A=y\n")
    found = matrix(
        "configs:\n"
        "  kasan:\n"
        "    base: defconfig\n"
        "    fragments: [kernel/configs/debug.config, ./laptop.config]\n"
        '    set: [CONFIG_KASAN=y, "# CONFIG_B is not set"]\n'
        "matrix:\n"
        "  arch: arm\n"
        "  compiler: gcc-14\n"
        "  config: [kasan, ./laptop.config, [multi_v7_defconfig, CONFIG_THUMB2_KERNEL=y, CONFIG_C=n],\n"
        "    [kasan, CONFIG_D=m]]\n",
        tmp_path,
    )
    kasan, laptop, thumb, more = (each.config for each in found.targets)
    assert (kasan.base, kasan.fragments, kasan.fragment_texts) == (
        "defconfig", ("kernel/configs/debug.config",), ("# mine\nCONFIG_A=y\n",),
    )  # fmt: skip
    assert kasan.symbols == ("CONFIG_KASAN=y", "# CONFIG_B is not set")
    assert kasan.where == f"{tmp_path}/matrix.yaml:5:10"
    assert (laptop.name, laptop.base_is_file, laptop.base_text) == ("laptop", True, "# mine\nCONFIG_A=y\n")
    assert thumb.name == "multi_v7_defconfig+THUMB2_KERNEL+C.n"
    assert thumb.where == f"{tmp_path}/matrix.yaml:9:36"
    assert more.symbols == (*kasan.symbols, "CONFIG_D=m")


def test_generic_configs_mean_the_flavour_of_the_arch() -> None:
    """powerpc32 is powerpc with other defaults; the cell keeps the name that was asked for."""
    found = matrix("matrix: {arch: [powerpc, powerpc32], compiler: gcc-14, config: [defconfig, ppc64_defconfig]}")
    by_name = {each.name: each.config.base for each in found.targets}
    assert by_name["powerpc-defconfig-gcc-14"] == "defconfig"
    assert by_name["powerpc32-defconfig-gcc-14"] == "pmac32_defconfig"
    assert by_name["powerpc-ppc64_defconfig-gcc-14"] == "ppc64_defconfig"


def test_a_compiler_of_the_users_has_an_image_and_variables() -> None:
    """A foreign image is pulled; `arches` limits it; kmatrix's own reference stays buildable."""
    found = matrix(
        "compilers:\n"
        "  gcc-8: {image: 'reg.example/gcc-8:{arch}', arches: [x86_64]}\n"
        "  clang-99: {image: reg.example/clang}\n"
        "  gcc-14: {image: 'kmatrix/gcc-14:{arch}'}\n"
        "matrix: {arch: [x86_64, i386], compiler: [gcc-8, clang-99, gcc-14], config: defconfig}\n"
    )
    gcc8 = target(found, "x86_64-defconfig-gcc-8")
    assert (gcc8.image.reference, gcc8.image.context) == ("reg.example/gcc-8:x86_64", None)
    assert gcc8.make_vars == (("ARCH", "x86_64"), ("CROSS_COMPILE", "x86_64-linux-gnu-"))
    assert target(found, "i386-defconfig-clang-99").make_vars == (("ARCH", "i386"), ("LLVM", "1"))
    assert target(found, "i386-defconfig-gcc-14").image.context == "gcc"
    assert len(found.targets) == 5


def test_an_arch_without_a_debian_compiler_can_have_a_foreign_one() -> None:
    """csky is known; its compiler must come with the image and its prefix."""
    axes = "matrix: {arch: csky, compiler: gcc-15, config: defconfig}\n"
    assert "no CROSS_COMPILE is known for csky" in problems("compilers: {gcc-15: {image: x}}\n" + axes)[0]
    found = matrix("compilers: {gcc-15: {image: x, make: {CROSS_COMPILE: csky-linux-}}}\n" + axes)
    assert found.targets[0].make_vars == (("ARCH", "csky"), ("CROSS_COMPILE", "csky-linux-"))


def test_options_make_a_matrix_without_a_file() -> None:
    """--arch arm64,riscv --compiler gcc-14 --config defconfig W=1, and good defaults for what is not given."""
    found = matrix_from_options(arches=["arm64,riscv", "s390"], make_vars=["W=1"], targets=["mm/"], jobs=2)
    assert [each.name for each in found.targets] == [f"{arch}-defconfig-gcc-14" for arch in ("arm64", "riscv", "s390")]
    assert found.targets[0].make_vars[-1] == ("W", "1")
    assert (found.targets[0].make_targets, found.targets[0].resources.jobs) == (("mm/",), 2)
    assert [each.arch for each in matrix_from_options().targets] == ["x86_64", "arm64"]


def test_wrong_options_are_named_as_options() -> None:
    """There is no file to point into."""
    with pytest.raises(ConfigError) as caught:
        matrix_from_options(arches=["ppc64,foo"], configs=["defconfg"])
    assert caught.value.problems[0] == "--arch: unknown arch 'foo'; `kmatrix images list` shows what there is"
    assert caught.value.problems[1] == "--arch: unknown arch 'ppc64' (here it is called 'powerpc')"
    assert caught.value.problems[2].startswith("--config: 'defconfg' is no config")
    with pytest.raises(UserError, match="ARCH may not be set"):
        matrix_from_options(make_vars=["ARCH=arm"])


def test_an_unsupported_pair_of_options_says_why() -> None:
    """Nothing is left to build, and the reason must not be lost with it."""
    with pytest.raises(ConfigError, match="m68k with clang-19 is unsupported"):
        matrix_from_options(arches=["m68k"], compilers=["clang-19"])


def test_the_json_schema_has_every_key_that_is_checked() -> None:
    """It is generated from the same models, and is JSON."""
    schema = json.loads(json.dumps(json_schema()))
    assert set(schema["properties"]) == {
        "version",
        "name",
        "series",
        "defaults",
        "compilers",
        "configs",
        "matrix",
        "report",
    }
    assert schema["additionalProperties"] is False


names = st.sampled_from(
    ["x86_64", "arm64", "m68k", "powerpc32", "gcc-14", "clang-19", "defconfig", "tinyconfig", "arm*", "x"]
)
leaves = st.none() | st.booleans() | st.integers(-5, 5) | st.floats(0, 9) | names | st.text(max_size=8)
requests = names | st.lists(names, max_size=3)
KEYS = """version name series defaults compilers configs matrix report arch compiler config exclude include override
match make targets timeout resources allow base fragments set image arches fail_on memory jobs pids W"""
keys = st.sampled_from(KEYS.split())
trees = st.recursive(
    leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=5), max_leaves=20
)
axes = st.fixed_dictionaries(
    {
        "arch": st.lists(st.sampled_from(["x86_64", "arm64", "m68k", "powerpc32"]), max_size=3),
        "compiler": st.lists(st.sampled_from(["gcc-14", "clang-19"]), max_size=2),
        "config": st.lists(st.sampled_from(["defconfig", "tinyconfig", ["defconfig", "CONFIG_X=y"]]), max_size=3),
    },
    optional={
        "exclude": st.lists(
            st.dictionaries(st.sampled_from(["arch", "compiler", "config"]), requests, max_size=2), max_size=2
        ),
        "include": st.lists(
            st.fixed_dictionaries(
                {"arch": names, "compiler": st.sampled_from(["gcc-14", "clang-19"]), "config": requests}
            ),
            max_size=2,
        ),
    },
)


@given(st.dictionaries(keys, trees, max_size=5) | st.fixed_dictionaries({"matrix": axes}))
@settings(max_examples=200, deadline=None)
def test_any_yaml_is_a_matrix_of_distinct_cells_or_a_config_error(data: object) -> None:
    """Nothing else is ever raised, and no name comes twice."""
    text = json.dumps(data)  # JSON is YAML, but for escapes that do not matter here
    with suppress(ConfigError):
        cells = [each.name for each in matrix(text).targets]
        assert cells
        assert len(cells) == len(set(cells))


@given(st.data())
@settings(max_examples=100, deadline=None)
def test_a_damaged_example_is_a_matrix_or_a_config_error(data: st.DataObject) -> None:
    """Cutting a piece out of a good file, or putting one in, never raises anything else."""
    text = (REPO / "matrix.yaml").read_text()
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(len(text), start + 40)))
    piece = data.draw(
        st.sampled_from(["", "[", "]", "{", "}", ": ", "- ", "\n", "*", "&a ", "#", "'", '"', "no", "1:3", "\t", "? "])
    )
    with suppress(ConfigError):
        assert matrix(text[:start] + piece + text[end:], REPO).targets
