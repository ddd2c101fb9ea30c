"""The base of the models that say how anomalous an image is."""

import abc

import keras
from keras import ops

from keras_gan._traversal import every_layer
from keras_gan.gans._encoding import EncodingModel
from keras_gan.layers import MinibatchDiscrimination, MinibatchStddev, Pack
from keras_gan.training import Interface, Sampler

# What lets an image's features depend on the others of its batch.
_TOGETHER = (MinibatchDiscrimination, MinibatchStddev, Pack)


class ScoringModel(EncodingModel, abc.ABC):
    """A model with an encoder that was trained on normal images, and scores others by how badly it explains them.

    A subclass defines `scores`, one expression for every way to score: `score`, the metrics and the export, which finds
    `score_sampler` by its name.
    """

    @abc.abstractmethod
    def scores(self, images, networks):
        """How anomalous images are; higher is more anomalous.

        Args:
            images: tensor `(batch, *sample_shape)`.
            networks: dict of name to keras.Model, the networks of all players, or their averages; each is called in
                inference mode.

        Returns:
            float32 tensor `(batch,)`.
        """

    def score_sampler(self, averaged=True):
        """The `Sampler` from images to their scores, through the networks, or their averages.

        Args:
            averaged: whether to use the averaged copies of the networks that have one.
        """
        scorer = _Scorer(self.scores, self.networks_of(averaged), self.sample_shape)
        return Sampler(Interface(scorer, "scorer", ("images",), "scores"), is_drawn=False)

    def score(self, images, *, averaged=True, batch_size=64):
        """Say how anomalous images are: higher is more anomalous.

        Scores have no unit. Where to draw the line, only labelled images can tell: `keras_gan.metrics.best_f1` finds
        the best threshold for some.

        Args:
            images: float32 `(num_images, *sample_shape)` in [-1, 1].
            averaged: whether to use the averaged networks if there are some.
            batch_size: int, how many to score at once.

        Returns:
            float32 NumPy array `(num_images,)`.

        Raises:
            ValueError: if the images have another shape, or are not in [-1, 1].
        """
        self.settle_averages()
        scorer = self.kept_sampler(averaged, method="score_sampler")
        return scorer.run(scorer.inputs_for(images=images), batch_size)


class _Scorer(keras.Model):
    """The expression of a score as one network, which owns the networks that it calls.

    A functional model would need other names where two networks have the same one.
    """

    def __init__(self, scores, networks, sample_shape):
        # float32: under a mixed policy, the images would be rounded before they are compared.
        super().__init__(name="scorer", dtype="float32")
        self._scores, self._networks = scores, networks
        self.build((None, *sample_shape))

    def build(self, input_shape):  # noqa: ARG002 - the networks are built
        self.built = True

    def call(self, images):
        return self._scores(images, self._networks)


def mean_of_each(values):
    """The mean over all numbers of each image, float32 `(batch,)`, of tensors of any kind."""
    # float32: the sum of many squares overflows float16.
    values = ops.cast(values, "float32")
    return ops.mean(values, axis=tuple(range(1, len(values.shape))))


def features_of(discriminator):
    """A network from what a discriminator takes to its features, which shares its layers.

    They are its output "features", or else what its last layer with weights takes: the penultimate layer of most.

    Args:
        discriminator: keras.Model.

    Returns:
        keras.Model with the inputs of the discriminator and one output.

    Raises:
        ValueError: if the network has no such layer that Keras knows the input of, or compares the images of a batch.
    """
    try:
        # A Sequential model has one input, and lists it.
        inputs = discriminator.inputs[0] if isinstance(discriminator, keras.Sequential) else discriminator.input
        # It also has no `output` before it is called.
        outputs = getattr(discriminator, "output", None)
        if isinstance(outputs, dict) and "features" in outputs:
            features = outputs["features"]
        else:
            features = [layer for layer in discriminator.layers if layer.weights][-1].input
        network = keras.Model(inputs, features, name="features")
    except (AttributeError, IndexError, TypeError, ValueError) as error:
        raise ValueError(
            "Images are compared in the features of the discriminator, and this one does not show any: build it as a "
            "functional model that returns a dict of 'logits' and 'features'. "
            f"Received: discriminator={discriminator!r}"
        ) from error
    if together := [layer for layer in every_layer(network) if isinstance(layer, _TOGETHER)]:
        raise ValueError(
            "The features of this discriminator compare the images of a batch, so the score of an image would depend "
            f"on the others: build it without {type(together[0]).__name__}. Received: discriminator={discriminator!r}"
        )
    return network
