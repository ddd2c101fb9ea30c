"""SavedModels as extractors run them."""

import tensorflow as tf

from keras_gan.metrics._network import Network, path_digest

_PREFERRED = "serving_default"


def saved_model_network(path):
    """Load a SavedModel: its signature "serving_default", its only one, or where it has none the call of the object.

    Raises:
        ValueError: if it can be run in none of these ways.
    """
    loaded = tf.saved_model.load(path)
    signatures = dict(loaded.signatures)
    if _PREFERRED not in signatures and len(signatures) != 1:
        return _called(loaded, path)
    signature = signatures.get(_PREFERRED) or next(iter(signatures.values()))
    ((name, spec),) = _only_input(signature, path)
    shape = tuple(spec.shape[1:]) if spec.shape.rank == 4 else (None, None, None)

    def run(values):
        # A signature does not keep the variables of its model alive.
        assert loaded is not None
        values = tf.cast(tf.round(values) if spec.dtype.is_integer else values, spec.dtype)
        return signature(**{name: values})

    return Network(run, path_digest(path), shape, (0.0, 255.0) if spec.dtype.is_integer else (-1.0, 1.0))


def _called(loaded, path):
    if not callable(loaded):
        raise ValueError(
            "An extractor takes a SavedModel with a signature 'serving_default', with one signature, or one that can "
            f"be called. Received: path={str(path)!r} with the signatures {sorted(loaded.signatures)}"
        )
    return Network(loaded, path_digest(path))


def _only_input(signature, path):
    inputs = signature.structured_input_signature[1]
    if len(inputs) != 1:
        raise ValueError(
            f"An extractor takes a network with one input, of images. Received: path={str(path)!r} with the inputs "
            f"{sorted(inputs)}"
        )
    return inputs.items()
