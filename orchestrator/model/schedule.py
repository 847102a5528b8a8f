"""How long builds are expected to take."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """Builds that follow one another: `commits` of a lane, and the seconds each is expected to take."""

    lane: str
    target: str
    commits: tuple[int, ...]
    seconds: tuple[float, ...]

    @property
    def length_s(self) -> float:
        """Seconds of the whole chain."""
        return sum(self.seconds)
