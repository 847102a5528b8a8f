"""Toolchain images on a real engine: built once, rebuilt when something changed, and nothing half-done left."""

import shutil
import time
import uuid
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from orchestrator.containers import images
from orchestrator.containers.engine import Client, connect
from orchestrator.containers.sandbox import ERRAND_LABEL
from orchestrator.errors import InfrastructureError, Interrupted
from orchestrator.execution import scratch
from orchestrator.model.matrix import ImageSpec

pytestmark = pytest.mark.docker

CONTAINERS = Path(__file__).parent.parent.parent / "containers"
DOCKERFILE = 'ARG BASE\nFROM ${BASE}\nARG WORD\nRUN echo "the word is ${WORD}" > /word\n'


@pytest.fixture
def client() -> Iterator[Client]:
    """A client of the engine."""
    with connect() as opened:
        yield opened


@pytest.fixture
def containers(tmp_path: Path) -> Path:
    """The project's containers/ with one more, small image."""
    place = tmp_path / "containers"
    shutil.copytree(CONTAINERS, place)
    (place / "toy").mkdir()
    (place / "toy" / "Dockerfile").write_text(DOCKERFILE)
    return place


@pytest.fixture
def toy(client: Client) -> Iterator[ImageSpec]:
    """An image of a name that nobody else uses; removed afterwards."""
    token = uuid.uuid4().hex
    spec = ImageSpec(reference=f"kmatrix-test/{token}:toy", context="toy", build_args=(("WORD", token),))
    yield spec
    if client.images.list(name=spec.reference):
        client.images.remove(spec.reference, force=True)


def word_of(client: Client, image_id: str) -> str:
    """What the toy image says."""
    return images.probe(client, image_id, [("cat", "/word")])[0]


def running(client: Client, token: str) -> list[str]:
    """Containers, running or not, whose command has the token."""
    everyone = client.api.containers(all=True, trunc=False)
    return [each["Id"] for each in everyone if token in each["Command"]]


def within(seconds: float, holds: Callable[[], bool]) -> bool:
    """Whether it holds before that time is over."""
    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end:
            return False
        time.sleep(0.1)
    return True


def test_an_image_is_built_once(client: Client, containers: Path, toy: ImageSpec) -> None:
    """Missing: built, its output in whole lines. There: nothing is done, nothing said, the same id."""
    said: list[str] = []
    assert images.state(client, toy, containers).reason == "not built yet"
    built = images.ensure([toy, toy], containers, said.append)
    assert any(line.startswith("Step 1/") for line in said)
    assert word_of(client, built[toy.reference]) == f"the word is {dict(toy.build_args)['WORD']}"
    said.clear()
    assert images.ensure([toy], containers, said.append) == built
    assert said == []
    assert images.resolve(client, toy, containers) == built[toy.reference]


def test_an_image_that_is_out_of_date_is_built_anew(client: Client, containers: Path, toy: ImageSpec) -> None:
    """Another Dockerfile is another image under the same name; the old one is not taken for it."""
    before = images.ensure([toy], containers, lambda _: None)[toy.reference]
    with (containers / "toy" / "Dockerfile").open("a") as file:
        file.write('RUN echo "another word" > /word\n')
    assert images.state(client, toy, containers).reason.startswith("out of date")
    assert images.resolve(client, toy, containers) is None
    after = images.ensure([toy], containers, lambda _: None)[toy.reference]
    assert after != before
    assert word_of(client, after) == "another word"
    client.images.remove(before)


def test_an_image_made_by_hand_is_not_ours(client: Client, containers: Path, toy: ImageSpec) -> None:
    """A name alone proves nothing: without our digest the image is built."""
    base = images.ensure([images.BASE], containers, lambda _: None)[images.BASE.reference]
    repository, _, tag = toy.reference.partition(":")
    client.images.get(base).tag(repository, tag)
    assert images.resolve(client, toy, containers) is None


def test_a_failing_build_says_why_and_leaves_nothing(client: Client, containers: Path, toy: ImageSpec) -> None:
    """The last lines of its output are in the error; no image, no container."""
    (containers / "toy" / "Dockerfile").write_text(DOCKERFILE + "RUN echo no such package ${WORD}; exit 100\n")
    with pytest.raises(InfrastructureError, match="no such package") as caught:
        images.ensure([toy], containers, lambda _: None)
    assert toy.reference in str(caught.value)
    assert len(str(caught.value).splitlines()) <= 23
    assert images.resolve(client, toy, containers) is None
    assert within(10, lambda: not running(client, dict(toy.build_args)["WORD"]))


def test_an_interrupted_build_leaves_nothing(client: Client, containers: Path, toy: ImageSpec) -> None:
    """Whoever listens may stop it in the middle of a step: the step's container goes, no image stays."""
    token = dict(toy.build_args)["WORD"]
    (containers / "toy" / "Dockerfile").write_text(DOCKERFILE + f"RUN echo here-{token}; sleep 300\n")

    def stop(line: str) -> None:
        if line == f"here-{token}":
            raise Interrupted("stopped")

    with pytest.raises(Interrupted):
        images.ensure([toy], containers, stop)
    assert within(15, lambda: not running(client, token))
    assert images.state(client, toy, containers).reason == "not built yet"


def test_a_foreign_image_is_used_as_it_is(client: Client, containers: Path) -> None:
    """An image without a folder is taken if it is there, whatever it is."""
    base = images.ensure([images.BASE], containers, lambda _: None)[images.BASE.reference]
    foreign = ImageSpec(reference=images.BASE.reference)
    assert images.ensure([foreign], containers, lambda _: None) == {foreign.reference: base}


def test_a_foreign_image_that_cannot_be_had_is_named(client: Client, containers: Path) -> None:
    """Not here and not to be pulled: the message has its name, the engine's reason and what to do."""
    nowhere = ImageSpec(reference="127.0.0.1:1/nobody/nothing:1")
    assert images.state(client, nowhere, containers).state == "buildable"
    with pytest.raises(InfrastructureError, match=r"(?s)127\.0\.0\.1:1/nobody/nothing:1.*docker load.*refused"):
        images.ensure([nowhere], containers, lambda _: None)


def test_the_base_has_a_make_with_a_fifo_job_server(client: Client) -> None:
    """GNU make >= 4.4 (DESIGN D6); the host compiler is there."""
    base = images.ensure([images.BASE], CONTAINERS, lambda _: None)[images.BASE.reference]
    make, gcc = images.probe(client, base, [("make", "--version"), ("gcc", "--version")])
    version = make.removeprefix("GNU Make ").split(".")
    assert (int(version[0]), int(version[1])) >= (4, 4)
    assert gcc.startswith("gcc")


def test_a_probe_gives_a_line_for_each_command(client: Client) -> None:
    """Several lines are cut to one, a program that is not there or fails gives none, quotes survive."""
    base = images.ensure([images.BASE], CONTAINERS, lambda _: None)[images.BASE.reference]
    commands = [("nope",), ("printf", "a b\\nc\\n"), ("sh", "-c", "echo x; exit 3"), ("echo", "it's $HOME"), ("true",)]
    assert images.probe(client, base, commands) == ("", "a b", "", "it's $HOME", "")


def test_a_probe_is_shut_in_and_leaves_nothing(client: Client) -> None:
    """No network but loopback, no capability, no root, nothing to write; its container is gone afterwards."""
    base = images.ensure([images.BASE], CONTAINERS, lambda _: None)[images.BASE.reference]
    asked = [
        ("sh", "-c", "ls /sys/class/net | tr -d '\\n'"),
        ("sh", "-c", "grep CapEff /proc/self/status"),
        ("id", "-u"),
        ("sh", "-c", "touch /x || touch /usr/x || echo refused"),
    ]
    net, capabilities, user, written = images.probe(client, base, asked)
    assert (net, capabilities.split()[1].strip("0"), user, written) == ("lo", "", "65534", "refused")
    # Other runs on this engine may probe just now: theirs go as well.
    left = {container.id for container in client.containers.list(filters={"label": ERRAND_LABEL})}
    assert within(10, lambda: left.isdisjoint(container.id for container in client.containers.list(all=True)))


def test_an_errand_whose_process_was_killed_is_reaped(
    client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed between making its container and starting it, nothing but the next run removes that."""
    monkeypatch.setattr(scratch, "ERRAND_LASTS", timedelta(seconds=-2))
    base = images.ensure([images.BASE], CONTAINERS, lambda _: None)[images.BASE.reference]
    orphan = client.containers.create(base, ["true"], labels={ERRAND_LABEL: "1"})
    at_work = client.containers.create(base, ["sleep", "60"], labels={ERRAND_LABEL: "1"})
    at_work.start()
    try:
        scratch.reap(client, tmp_path)
        there = {container.id for container in client.containers.list(all=True)}
        assert orphan.id not in there
        assert at_work.id in there
    finally:
        at_work.remove(force=True)


def test_an_image_without_a_shell_cannot_be_probed(client: Client, containers: Path, toy: ImageSpec) -> None:
    """An error that names the image, and no container left behind."""
    (containers / "toy" / "Dockerfile").write_text("FROM scratch\nARG BASE\nCOPY Dockerfile /\n")
    image_id = images.ensure([toy], containers, lambda _: None)[toy.reference]
    with pytest.raises(InfrastructureError, match=image_id):
        images.probe(client, image_id, [("true",)])
    assert within(10, lambda: not client.containers.list(all=True, filters={"ancestor": image_id}))
