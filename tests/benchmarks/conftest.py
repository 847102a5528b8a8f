"""The benchmarks are scripts beside the package: their directories are put where imports are looked for."""

import sys
from pathlib import Path

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"

sys.path[:0] = [str(BENCHMARKS), str(BENCHMARKS / "against_peers")]
