"""The Inception v3 of keras.applications as an extractor."""

import os
import pathlib

import keras

from keras_gan.metrics._keras_network import keras_network
from keras_gan.metrics._network import existing_path
from keras_gan.metrics.extractor import Embedding, Extractor

_WEIGHTS = "inception_v3_weights_tf_dim_ordering_tf_kernels.h5"
_OUTPUTS = ("avg_pool", "predictions")


class KerasInception(Extractor):
    """Inception v3 with the ImageNet weights of `keras.applications`: near at hand, and not the network of FID.

    Its Frechet distance ranks models much as FID does, with other numbers. The features are the 2,048 averages before
    the classifier, the logits the 1,000 of ImageNet (Szegedy et al. 2016, arXiv 1512.00567).

    Args:
        weights: path of the file of weights, with the classifier; by default where Keras keeps it in its cache.
        download: whether Keras may fetch the file if it is not in its cache.
        resize: "clean", "legacy_pytorch" or "legacy_tensorflow"; see `keras_gan.metrics.resizing`.

    Raises:
        FileNotFoundError: if the weights are not there and may not be downloaded.

    Example:
        >>> KerasInception("no_such_file.h5")
        Traceback (most recent call last):
        FileNotFoundError: There is no file of weights at this path. Received: path='no_such_file.h5'
    """

    def __init__(self, weights=None, *, download=False, resize="clean"):
        if weights is not None:
            weights = existing_path(weights, "file of weights")
        elif not download:
            weights = _cached_weights()
        model = keras.applications.InceptionV3(
            weights="imagenet" if weights is None else str(weights), classifier_activation=None
        )
        network = keras_network(model, _OUTPUTS)
        self._run = network.run
        super().__init__(
            name="keras_inception_v3",
            digest=network.digest,
            num_features=model.get_layer(_OUTPUTS[0]).output.shape[-1],
            num_classes=model.get_layer(_OUTPUTS[1]).output.shape[-1],
            input_shape=network.input_shape,
            resize=resize,
        )

    def embed(self, pixels):
        """Run the network; see `Extractor.embed`."""
        outputs = self._run(pixels / 127.5 - 1.0)
        return Embedding(*(outputs[name] for name in _OUTPUTS))


def _cached_weights():
    path = pathlib.Path(os.environ.get("KERAS_HOME", "~/.keras")).expanduser() / "models" / _WEIGHTS
    if path.is_file():
        return path
    raise FileNotFoundError(
        "The weights of Inception v3 are not in the cache of Keras, and nothing is downloaded unasked. Let Keras fetch "
        f"them with `download=True`, or put the file there by hand. Received: path={str(path)!r}"
    )
