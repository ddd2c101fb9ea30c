"""A walk over the layers of a network."""


def every_layer(network):
    """All layers of a network, itself included: in models, in wrappers and in layers of a user's own."""
    # Private to Keras, but the only walk that also finds the layers that a custom layer holds.
    return list(network._flatten_layers())
