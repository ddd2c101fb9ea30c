"""Checks of arguments that several callbacks take."""


def whole_number(value, name, *, least=1):
    """Returns a whole number as it is, and refuses everything else.

    Args:
        value: What the caller received.
        name: What the caller's argument is called, for the message.
        least: The smallest number allowed.

    Returns:
        `value`.

    Raises:
        ValueError: If `value` is no whole number (True and False are none) or is smaller than `least`.

    Example:
        >>> whole_number(0, "every")
        Traceback (most recent call last):
        ValueError: `every` must be a whole number of at least 1. Received: every=0
    """
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise ValueError(f"`{name}` must be a whole number of at least {least}. Received: {name}={value!r}")
    return value
