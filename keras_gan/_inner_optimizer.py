"""The optimizer inside the one that scales the loss of a float16 network."""


def inner_of(optimizer):
    """Return the optimizer with the rate and the decays, without its LossScaleOptimizer."""
    return getattr(optimizer, "inner_optimizer", optimizer)
