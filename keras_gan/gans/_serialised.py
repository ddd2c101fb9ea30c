"""The arguments of a model in its configuration."""

import keras


def serialised(value):
    """An argument as `get_config` returns it: networks, penalties and schedules as dicts, other values unchanged."""
    if isinstance(value, list | tuple):
        return [serialised(entry) for entry in value]
    return (
        value if value is None or isinstance(value, int | float | str) else keras.saving.serialize_keras_object(value)
    )
