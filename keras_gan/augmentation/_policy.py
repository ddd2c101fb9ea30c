"""Which changes an augmentation makes, as the user lists them."""

from keras_gan._arguments import did_you_mean


def require_policy(policy, names, example):
    """Return a policy as a tuple of names, or raise a ValueError that suggests a similar name.

    Args:
        policy: what the user gave.
        names: all names that a policy may have.
        example: list of some of them, for the message.
    """
    if not isinstance(policy, list | tuple) or not policy:
        shown = ", ".join(f'"{name}"' for name in example)
        raise ValueError(f"`policy` must be a list of names, such as `[{shown}]`. Received: policy={policy!r}")
    for name in policy:
        if not isinstance(name, str) or name not in names:
            raise ValueError(
                f"`policy` has an unknown name.{did_you_mean(name, names)} Choose from: "
                f"{', '.join(names)}. Received: policy={policy!r}"
            )
    return tuple(policy)
