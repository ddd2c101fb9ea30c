"""Extractors turn images into features."""

import abc
import hashlib
import json
import typing

import tensorflow as tf

from keras_gan._arguments import require_channels_last, require_int, require_text
from keras_gan._pixels import as_pixels
from keras_gan.metrics._features import as_array
from keras_gan.metrics.resizing import require_resize_mode, resize


class Embedding(typing.NamedTuple):
    """What an extractor returns for a batch of images.

    Attributes:
        features: float32 tensor of shape (batch, num_features).
        logits: float32 tensor of shape (batch, num_classes), or None without a classifier.

    Example:
        >>> import tensorflow as tf
        >>> Embedding(tf.zeros((2, 64))).logits is None
        True
    """

    features: tf.Tensor
    logits: tf.Tensor | None = None


class Extractor(abc.ABC):
    """A fixed network whose features represent the images in a metric.

    A distance between features depends on the extractor as much as on the images. So an extractor does everything that
    happens to an image before the network: it quantises the image to bytes, resizes it, and repeats grey in three
    channels. Its fingerprint covers all of this.

    Subclass it for your own network if `ModelExtractor` does not take it. Describe the network to `__init__`, and
    define `embed`.

    Args:
        name: name of the extractor in results, such as "inception_2015".
        digest: str that changes with the network's output, such as a hash of its weights.
        num_features: int, the width of the features.
        num_classes: int, the width of the logits, or None.
        input_shape: (height, width, channels) of the network's input, or (frames, height, width, channels) for a
            network of clips. A part is None if the network takes any.
        resize: how images are resized to that shape: "clean", "legacy_pytorch" or "legacy_tensorflow".

    Attributes:
        name: as given.
        fingerprint: hex SHA-256 of the digest and of everything else that changes the features.
        resize: as given, or "none" if the network takes images of any size.
        num_features: as given.
        num_classes: as given.
        input_shape: as given.
        is_fid: whether the Frechet distance of its features is called FID. Only that of the Inception of 2015 is.

    Example:
        >>> import tensorflow as tf
        >>> class MeanColour(Extractor):
        ...     def __init__(self):
        ...         super().__init__(name="mean_colour", digest="1", num_features=3, input_shape=(None, None, 3))
        ...     def embed(self, pixels):
        ...         return Embedding(tf.reduce_mean(pixels, axis=(1, 2)))
        >>> MeanColour()(tf.ones((1, 8, 8, 1))).features.numpy().tolist()
        [[255.0, 255.0, 255.0]]
    """

    is_fid = False

    def __init__(self, *, name, digest, num_features, num_classes=None, input_shape=(None, None, None), resize="clean"):
        require_channels_last()
        self.name = require_text("name", name)
        self.num_features = require_int("num_features", num_features)
        self.num_classes = None if num_classes is None else require_int("num_classes", num_classes)
        self.input_shape = _require_shape(input_shape)
        mode = require_resize_mode(resize)
        self.resize = mode if self._resizes else "none"
        described = json.dumps(
            [require_text("digest", digest), self.input_shape, self.resize, self.num_features, self.num_classes]
        )
        self.fingerprint = hashlib.sha256(described.encode()).hexdigest()

    @abc.abstractmethod
    def embed(self, pixels):
        """Run the network.

        Args:
            pixels: float32 tensor of shape (batch, *input_shape), with whole numbers in [0, 255]. Resized images are
                not rounded again.

        Returns:
            `Embedding` of tensors with any float type.
        """

    def __call__(self, images):
        """Return the `Embedding` of a batch of images, eagerly or as part of a graph.

        Args:
            images: floats in [-1, 1], shape (batch, height, width, channels), of any size; for a network of clips
                (batch, frames, height, width, channels). Grey images are repeated if the network takes three channels.

        Raises:
            ValueError: if the images are not floats in [-1, 1], or the network takes another number of channels or
                frames, or clips in place of images.
        """
        images = images if tf.is_tensor(images) else as_array("images", images)
        pixels = self._with_channels(tf.cast(self._with_frames(as_pixels(images)), tf.float32))
        if self._resizes:
            pixels = resize(pixels, self.input_shape[-3:-1], mode=self.resize)
        features, logits = self.embed(pixels)
        return Embedding(tf.cast(features, tf.float32), None if logits is None else tf.cast(logits, tf.float32))

    @property
    def _resizes(self):
        return None not in self.input_shape[-3:-1]

    def _with_frames(self, pixels):
        wanted, received = tuple(self.input_shape[:-3]), tuple(pixels.shape[1:-3])
        if len(wanted) == len(received) and wanted in (received, (None,)):
            return pixels
        takes = f"clips of {'any number of' if wanted[0] is None else wanted[0]} frames" if wanted else "images"
        raise ValueError(
            f"The extractor {self.name!r} takes {takes}: give it those, or train another extractor on data like these. "
            f"Received: {f'clips of {received[0]} frames' if received else 'images'}, of shape {tuple(pixels.shape)}"
        )

    def _with_channels(self, pixels):
        received, wanted = pixels.shape[-1], self.input_shape[-1]
        if wanted in (None, received):
            return pixels
        if (received, wanted) == (1, 3):
            return tf.repeat(pixels, 3, axis=-1)
        raise ValueError(
            f"The extractor {self.name!r} takes images of {wanted} channels, the last axis. Only grey images are "
            "repeated, to three. If the channels are the second axis, give `images.transpose(0, 2, 3, 1)`. "
            f"Received: images of shape {tuple(pixels.shape)}"
        )

    def __repr__(self):
        return f"<{type(self).__name__} {self.name} {self.fingerprint[:12]}, resize {self.resize}>"


def require_extractor(extractor):
    """Return `extractor` if it is one, or raise."""
    if isinstance(extractor, Extractor):
        return extractor
    raise ValueError(
        "`extractor` must be a `keras_gan.metrics.Extractor`: what `train_extractor` returns, or "
        f"`ModelExtractor(model)` for a model of your own. Received: extractor={extractor!r:.80}"
    )


def _require_shape(input_shape):
    sides = tuple(input_shape) if isinstance(input_shape, tuple | list) else ()
    if len(sides) not in (3, 4):
        raise ValueError(
            "`input_shape` must be (height, width, channels), or of clips (frames, height, width, channels), with None "
            "for what the network takes any of. "
            f"Received: input_shape={input_shape!r}"
        )
    return tuple(None if side is None else require_int("input_shape", side) for side in sides)
