"""How callbacks tell `fit` where training resumes."""

import typing


class FitPosition(typing.NamedTuple):
    """A place in a call of `fit`.

    Attributes:
        epoch: epochs finished.
        steps: training steps done in the next epoch.
    """

    epoch: int
    steps: int = 0


class RestartFit(Exception):  # noqa: N818 - a request, not an error
    """A callback raises it after it restored an earlier state of the model: `fit` resumes from `position`."""

    def __init__(self, position):
        super().__init__(f"Training resumes from {position}")
        self.position = position
