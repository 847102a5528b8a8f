"""How long builds are expected to take."""

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """Builds that follow one another: `commits` of a lane, and the seconds each is expected to take.

    `cold`: the first of them is built from nothing.
    """

    lane: str
    target: str
    commits: tuple[int, ...]
    seconds: tuple[float, ...]
    cold: bool = True

    @property
    def length_s(self) -> float:
        """Seconds of the whole chain."""
        return sum(self.seconds)

    def without(self, spared: int) -> "Chain":
        """The chain if a kept build directory spares it the first so many builds."""
        return replace(
            self, commits=self.commits[spared:], seconds=self.seconds[spared:], cold=self.cold and not spared
        )
