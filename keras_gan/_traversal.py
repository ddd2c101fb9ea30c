"""A walk over the layers of a network."""


def every_layer(network):
    """All layers of a network and the network itself: also those inside models, wrappers and custom layers."""
    # Private to Keras, but the only walk that also finds the layers inside a custom layer.
    return list(network._flatten_layers())
