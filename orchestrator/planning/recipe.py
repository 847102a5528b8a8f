"""The recipe: a digest of everything that decides a build except the tree. Half of a result's key (DESIGN D7)."""

import hashlib
import json

from orchestrator.model.matrix import Target
from orchestrator.planning import command

# Raise it when the same inputs start to mean another build or another reading of its log.
GENERATION = 3


def recipe(target: Target, image_id: str) -> str:
    """64 hex digits. Limits (timeout, memory) are left out: they decide whether there is a result, not which."""
    config = target.config
    parts = {
        "generation": GENERATION,
        "image": image_id,
        "steps": [list(step.argv) for step in (*command.config_steps(target), command.build_step(target))],
        "environment": command.BUILD_ENV,
        "base": config.base_text if config.base_is_file else "",
        "wanted": command.wanted_config(target),
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()
