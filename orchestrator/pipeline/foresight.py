"""What a run would do, and how long it would take: everything up to the first build, nothing built or pulled."""

from dataclasses import dataclass

from orchestrator.containers import images
from orchestrator.containers.engine import connect
from orchestrator.model.matrix import Matrix
from orchestrator.model.series import Series
from orchestrator.model.verdict import TargetFacts
from orchestrator.pipeline.experience import recorded
from orchestrator.pipeline.preparation import Prepared, make_plan
from orchestrator.pipeline.request import Request, load_matrix, load_series
from orchestrator.pipeline.resources import Places, data
from orchestrator.planning.recipe import recipe
from orchestrator.planning.schedule import Recorded
from orchestrator.results.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class CellForecast:
    """One column: `builds` to do, `reused` squares known. `image_id` is None if the image has to be made first."""

    name: str
    image: str
    image_id: str | None
    builds: int
    reused: int
    make_targets: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """What `kmatrix plan` shows. `seconds` is wall time over all lanes, None if no like build was ever done."""

    series: Series
    cells: tuple[CellForecast, ...]
    seconds: float | None
    warnings: tuple[str, ...]


def foresee(request: Request, places: Places, *, rebuild: bool) -> Forecast:
    """Raises UserError, InfrastructureError."""
    matrix = load_matrix(request)
    series = load_series(request, matrix, places)
    ids = _image_ids(matrix)
    prepared = Prepared(
        matrix=matrix,
        series=series,
        facts=tuple(
            TargetFacts(target=target, image_id=ids[target.image.reference] or "", compiler_version="")
            for target in matrix.targets
        ),
        recipes={target.name: recipe(target, ids[target.image.reference] or "") for target in matrix.targets},
    )
    with Store.open(places.state) as store:
        wanted = make_plan(prepared, store, rebuild=rebuild)
        typical = recorded(store)
    builds = {lane.target.name: len(lane.commits) for lane in wanted.lanes}
    cells = tuple(
        CellForecast(
            name=target.name,
            image=target.image.reference,
            image_id=ids[target.image.reference],
            builds=builds.get(target.name, 0),
            reused=sum(name == target.name for _, name in wanted.reused),
            make_targets=target.make_targets,
        )
        for target in matrix.targets
    )
    return Forecast(
        series=series,
        cells=cells,
        seconds=_estimate(cells, typical),
        warnings=(*matrix.warnings, *series.warnings),
    )


def _image_ids(matrix: Matrix) -> dict[str, str | None]:
    with connect() as client:
        return {
            target.image.reference: images.resolve(client, target.image, data("containers"))
            for target in matrix.targets
        }


def _estimate(cells: tuple[CellForecast, ...], typical: Recorded) -> float | None:
    """None if a cell that is to be built never was. The seconds were taken with another lane beside."""
    total = 0.0
    for cell in cells:
        if not cell.builds:
            continue
        first, later = typical.base.get(cell.name), typical.patch.get(cell.name)
        if first is None or (later is None and cell.builds > 1):
            return None
        total += first + (later or 0.0) * (cell.builds - 1)
    lanes = sum(bool(cell.builds) for cell in cells)
    return total / max(1, min(2, lanes))
