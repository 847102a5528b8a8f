"""Toolchain images: which are there, which are up to date, and how the others are come by.

An image of ours carries a label with a digest of what it was made from: the files of its folder under containers/, its
build arguments, the id of the image below it. It is up to date if that digest is today's. The lowest one,
`kmatrix/base:trixie`, stands on debian:trixie-slim or, where no registry answers, on a bootstrapped Debian; which of
the two, and how old, is no part of its digest: it is not made anew because a registry came or went.
"""

import hashlib
import shlex
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from orchestrator.containers import bootstrap, building
from orchestrator.containers.building import Observe
from orchestrator.containers.engine import (
    Client,
    connect,
    engine_errors,
    find_image,
    no_logs,
    run_attached,
    suppress_gone,
)
from orchestrator.containers.sandbox import ERRAND_LABEL
from orchestrator.errors import InfrastructureError
from orchestrator.model.matrix import ImageSpec

BASE = ImageSpec(reference="kmatrix/base:trixie", context="base")

_SUITE = "trixie"
_SLIM = "debian:trixie-slim"
_BOOTSTRAPPED = ("kmatrix/debian", _SUITE)
_DIGEST_LABEL = "kmatrix.digest"


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageState:
    """`state` is `available` (then `image_id` is its id) or `buildable`; `reason` says why it is not there, or ""."""

    state: str
    image_id: str | None
    reason: str = ""


def resolve(client: Client, spec: ImageSpec, containers_dir: Path) -> str | None:
    """The id (`sha256:...`) of the local image that is what `spec` asks for today, None if there is none."""
    return state(client, spec, containers_dir).image_id


def state(client: Client, spec: ImageSpec, containers_dir: Path) -> ImageState:
    """Whether `spec` can be used as it is, or what `ensure` would have to do."""
    with engine_errors(f"looking for image {spec.reference}"):
        found = find_image(client, spec.reference)
    if spec.context is None:
        return _known(str(found.id)) if found else _unknown("not on this machine; it will be pulled")
    if found is None:
        return _unknown("not built yet")
    below = None if spec.context == BASE.context else resolve(client, BASE, containers_dir)
    if spec.context != BASE.context and below is None:
        return _unknown(f"{BASE.reference} is missing or out of date")
    if found.labels.get(_DIGEST_LABEL) != digest(spec, containers_dir, below or ""):
        return _unknown("out of date: made from other files or packages")
    return _known(str(found.id))


def ensure(
    specs: Iterable[ImageSpec], containers_dir: Path, observe: Observe, *, fresh: bool = False
) -> dict[str, str]:
    """Build or pull what is missing or out of date; {reference: image id}.

    `fresh` makes everything anew, to get newer packages. Lines for a person go to `observe` as they come; whatever it
    raises stops the work, and what is done by then stays. Raises InfrastructureError: no engine, a build that fails, no
    way to get a Debian.
    """
    wanted = {spec.reference: spec for spec in specs}
    ready: dict[str, str] = {}
    if not fresh:
        with connect() as client:
            states = {name: resolve(client, spec, containers_dir) for name, spec in wanted.items()}
        ready = {name: image_id for name, image_id in states.items() if image_id}
    missing = [spec for name, spec in wanted.items() if name not in ready]
    below = ""
    if any(spec.context for spec in missing):
        below = _ensure_base(containers_dir, observe, fresh=fresh)
    for spec in missing:
        ready[spec.reference] = _make(spec, containers_dir, below, observe, fresh=fresh)
    return ready


def probe(client: Client, image_id: str, commands: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    """The first line that each command prints in that image, "" for one that fails; for `gcc --version`.

    All of them run in one throw-away container without network, capabilities or a writable root. Raises
    InfrastructureError if the image cannot run a shell.
    """
    lines = tuple(
        f'said=$({shlex.join(command)} 2>/dev/null) || said=; echo "${{said%%"$n"*}}"' for command in commands
    )
    script = "\n".join(("n='", "'", *lines))
    with engine_errors(f"asking image {image_id} for its versions"):
        container = client.containers.create(
            image_id,
            ["-c", script],
            entrypoint=["sh"],
            tty=True,
            auto_remove=True,
            network_mode="none",
            cap_drop=["ALL"],
            security_opt=["no-new-privileges"],
            read_only=True,
            tmpfs={"/tmp": "mode=1777,size=64m"},  # noqa: S108 - inside the container
            mem_limit="512m",
            pids_limit=64,
            user="65534:65534",
            labels={ERRAND_LABEL: "1"},
            log_config=no_logs(),
        )
        try:
            said = run_attached(client, container)
        except BaseException:
            with suppress_gone():
                container.remove(force=True)
            raise
    return tuple(said.decode("utf-8", "replace").splitlines())


def digest(spec: ImageSpec, containers_dir: Path, below: str) -> str:
    """Hex digest of what an image of ours is made from. `below` is the id of the image it stands on ("": the base)."""
    total = hashlib.sha256()
    for part in _ingredients(spec, containers_dir, below):
        total.update(len(part).to_bytes(8, "big") + part)
    return total.hexdigest()


def _ingredients(spec: ImageSpec, containers_dir: Path, below: str) -> Iterator[bytes]:
    yield below.encode()
    for name, value in sorted(spec.build_args):
        yield f"{name}={value}".encode()
    context = _context(spec, containers_dir)
    try:
        for path in sorted(each for each in context.rglob("*") if each.is_file()):
            yield f"{path.relative_to(context)} {path.stat().st_mode & 0o111:o}".encode()
            yield path.read_bytes()
    except OSError as error:
        raise InfrastructureError(f"cannot read what image {spec.reference} is made from: {error}") from error


def _context(spec: ImageSpec, containers_dir: Path) -> Path:
    context = containers_dir / str(spec.context)
    if not (context / "Dockerfile").is_file():
        raise InfrastructureError(f"image {spec.reference} is built from {context}, which has no Dockerfile")
    return context


def _known(image_id: str) -> ImageState:
    return ImageState(state="available", image_id=image_id)


def _unknown(reason: str) -> ImageState:
    return ImageState(state="buildable", image_id=None, reason=reason)


def _make(spec: ImageSpec, containers_dir: Path, below: str, observe: Observe, *, fresh: bool) -> str:
    if spec.context is None:
        return _pull_foreign(spec, observe)
    if spec.context == BASE.context:
        return below
    return building.build(
        _context(spec, containers_dir),
        reference=spec.reference,
        build_args={**dict(spec.build_args), "BASE": below},
        labels={_DIGEST_LABEL: digest(spec, containers_dir, below)},
        fresh=fresh,
        observe=observe,
    )


def _pull_foreign(spec: ImageSpec, observe: Observe) -> str:
    try:
        return building.pull(spec.reference, observe)
    except InfrastructureError as error:
        raise InfrastructureError(
            f"image {spec.reference} is not on this machine and cannot be pulled; check its name in matrix.yaml, or "
            f"load it with `docker load` or `docker build -t {spec.reference}`\n{error}"
        ) from error


def _ensure_base(containers_dir: Path, observe: Observe, *, fresh: bool) -> str:
    with connect() as client:
        found = None if fresh else resolve(client, BASE, containers_dir)
    if found:
        return found
    return building.build(
        _context(BASE, containers_dir),
        reference=BASE.reference,
        build_args={"BASE": _ensure_debian(observe, fresh=fresh)},
        labels={_DIGEST_LABEL: digest(BASE, containers_dir, "")},
        fresh=fresh,
        observe=observe,
    )


def _ensure_debian(observe: Observe, *, fresh: bool) -> str:
    """The id of a plain Debian image: a local one (unless `fresh`), a pulled one, or a bootstrapped one."""
    with connect() as client, engine_errors("looking for a Debian image"):
        local = [find_image(client, name) for name in (_SLIM, ":".join(_BOOTSTRAPPED))]
    kept = [str(image.id) for image in local if image]
    if kept and not fresh:
        return kept[0]
    try:
        return building.pull(_SLIM, observe)
    except InfrastructureError as error:
        observe(f"{error}; making a Debian image from Debian's archive instead")
        if obstacle := bootstrap.obstacle():
            raise InfrastructureError(_no_debian(str(error), obstacle)) from error
    with tempfile.TemporaryDirectory(prefix="kmatrix-debian-") as scratch:
        tar = Path(scratch) / "debian.tar"
        bootstrap.debian(_SUITE, tar, observe)
        return building.import_tar(tar, *_BOOTSTRAPPED)


def _no_debian(why: str, obstacle: str) -> str:
    return (
        f"there is no {_SLIM} image to build on: {why}; and {obstacle}. "
        f"Do one of: let the engine reach a registry (`docker pull {_SLIM}`), `docker load` that image, "
        "or run `kmatrix images build` once as root"
    )
