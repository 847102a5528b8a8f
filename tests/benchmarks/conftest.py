"""The benchmarks are scripts beside the package: their directory is put where imports are looked for."""

import sys
from pathlib import Path

BENCHMARKS = Path(__file__).parents[2] / "benchmarks/series"

sys.path.insert(0, str(BENCHMARKS))
