"""How callbacks tell `fit` where training goes on."""

import typing


class FitPosition(typing.NamedTuple):
    """A place in a call of `fit`.

    Attributes:
        epoch: epochs finished.
        steps: training steps done of the next one.
    """

    epoch: int
    steps: int = 0


class RestartFit(Exception):  # noqa: N818 - a request, not an error
    """Raised by a callback that has put the model back to an earlier state: `fit` goes on from `position`."""

    def __init__(self, position):
        super().__init__(f"Training goes on from {position}")
        self.position = position
