"""matrix.yaml, presets or options -> Matrix; the architectures and toolchains behind the names."""

from orchestrator.config.catalog import arches, every_image, image_for, toolchains
from orchestrator.config.request import load_matrix, matrix_from_options, parse_matrix, presets
from orchestrator.config.schema import json_schema
from orchestrator.config.selector import apply_overrides, select

__all__ = [
    "apply_overrides",
    "arches",
    "every_image",
    "image_for",
    "json_schema",
    "load_matrix",
    "matrix_from_options",
    "parse_matrix",
    "presets",
    "select",
    "toolchains",
]
