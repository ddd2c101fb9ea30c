"""The end of a training that cannot go on."""


class TrainingDiverged(RuntimeError):  # noqa: N818 - what happened, in the words in which people speak of it
    """Raised by `TrainingHealth` when a loss or a weight is not finite.

    No later step mends a weight that is not a number, and a checkpoint written after it is worth nothing: so training
    stops, and the message says what was not finite, at which step, which checkpoint is still good, and what to try.

    Example:
        >>> try:
        ...     raise TrainingDiverged("Training diverged at step 7")
        ... except RuntimeError as error:
        ...     print(error)
        Training diverged at step 7
    """
