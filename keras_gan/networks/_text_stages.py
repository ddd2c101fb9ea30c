"""What networks that judge text have in common."""

from keras import layers

from keras_gan._arguments import require_int


def filters_for(length, filters, *, is_given):
    """Return the filters that fit into a text, a dict of how many tokens they see to their number, or raise.

    Args:
        length: int, tokens in a text.
        filters: dict of ints.
        is_given: bool, whether the user chose these filters. Of the published ones, those that are too long are left
            out.
    """
    if not isinstance(filters, dict) or not filters:
        raise ValueError(
            "`filters` must be a dict of how many tokens a filter sees to the number of such filters, such as "
            f"{{2: 100, 3: 100}}. Received: filters={filters!r}"
        )
    checked = {require_int("filters", size): require_int("filters", number) for size, number in filters.items()}
    fitting = {size: number for size, number in checked.items() if size <= length}
    if (is_given and len(fitting) < len(checked)) or not fitting:
        raise ValueError(
            f"A filter must not see more tokens than a text has, which is {length}. Leave the longer ones out. "
            f"Received: filters={filters!r}"
        )
    return fitting


def pooled_convolutions(x, filters):
    """The maximum over all places of what filters of several sizes find, `(batch, number of filters)`.

    Args:
        x: Keras tensor `(batch, length, channels)`.
        filters: dict of how many tokens a filter sees to the number of such filters.
    """
    found = []
    for size, number in filters.items():
        maps = layers.Conv1D(number, size, activation="relu", name=f"filters_of_{size}")(x)
        found.append(layers.GlobalMaxPooling1D(name=f"maximum_of_{size}")(maps))
    return layers.Concatenate(name="found")(found) if len(found) > 1 else found[0]


def highway(x):
    """A layer that passes some features unchanged: t g + (1 - t) x, of the shape of x."""
    size = x.shape[-1]
    gate = layers.Dense(size, activation="sigmoid", name="highway_gate")(x)
    changed = layers.Dense(size, activation="relu", name="highway_features")(x)
    return layers.Add(name="highway")([x, layers.Multiply(name="highway_change")([gate, changed - x])])
