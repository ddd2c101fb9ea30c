"""The base of the models that make images of images."""

import abc
import functools

import numpy as np
import tensorflow as tf

from keras_gan._arguments import require_int
from keras_gan._pixels import require_images
from keras_gan._tensors import require_float_images
from keras_gan.gans._pairs import side_by_side
from keras_gan.gans._pictures import Picture
from keras_gan.gans._tiles import Tiles
from keras_gan.losses import AdversarialLoss, Perceptual
from keras_gan.training import AdversarialModel
from keras_gan.training.sampler import in_one_array


class TranslationModel(AdversarialModel, abc.ABC):
    """A model whose samples are translations of images.

    A subclass defines `sampler`, the one road to translations for `translate`, snapshots, metrics and exports. Its main
    input is "images". A subclass that takes more than images, such as a domain, overrides `translate` and passes it on
    to `translated`. Pictures of training show what `blocks_of` returns.
    """

    # The argument that weighs how much of the source a translation must keep, for advice.
    likeness_weight = None
    # How many times as high and wide as its source a translation is.
    scale = 1

    @abc.abstractmethod
    def sampler(self, averaged=True):
        """The `Sampler` that translates: a network, or its average."""

    def translate(self, images, *, averaged=True, batch_size=64, tile=None, overlap=None):
        """Translate images. This does not change the state of training.

        Networks that were built with sides None take images of any size. With fixed sides, larger images are translated
        in tiles of that size. Images that are smaller, or whose sides a network that halves them cannot take, are
        continued by their mirror image first, and the translation is cropped. A `tile` bounds the memory
        for large images. Tiles overlap and are blended, without seams: what a network makes of the neighbourhood of a
        pixel is nearly what it makes of it in the whole image, up to its padding at the edges of tiles and its strides.
        What it makes of the whole picture, as instance normalisation does, it makes of the tile. So tiles of the size
        of the training images are the safest choice.

        Args:
            images: float32 `(num_images, height, width, channels)` in [-1, 1], of any size.
            averaged: whether to use the averaged translator if there is one.
            batch_size: int, how many images, or tiles of different images, to translate at once.
            tile: int or tuple (height, width) of the tiles, for networks that take any size; None for whole images.
                Rounded up to what the network takes.
            overlap: int, by how many pixels tiles overlap at least, smaller than a tile; None for about a quarter.

        Returns:
            float32 NumPy array of images in [-1, 1].

        Raises:
            ValueError: if these are no images that the translator takes, or an argument is out of range.
        """
        return self.translated(images, self.kept_sampler(averaged), batch_size=batch_size, tile=tile, overlap=overlap)

    def translate_picture(self, picture, **options):
        """Translate one picture as files hold it, of 8 or 16 bits and with or without alpha.

        A network without alpha sees the colours alone, and the alpha stays. The colours of fully transparent pixels
        mean nothing, so near opaque ones they are continued from these first. A network for colours gets grey pictures
        in three channels.

        Args:
            picture: uint8 or uint16 `(height, width)` or `(height, width, channels)`, the channels those of the network
                or grey, perhaps with one more for the alpha.
            **options: as in `translate`.

        Returns:
            NumPy array of the picture's type, `(height, width, channels)` with the channels of the translation and
            perhaps the alpha; `(height, width)` if both were grey without alpha.

        Raises:
            ValueError: if this is no such picture.
        """
        # Both ways of a model may take other channels.
        way = {name: options[name] for name in ("to",) if name in options}
        given = Picture(picture, self.sampler(**way).inputs["images"].shape[-1])
        return given.enlarged(self.translate(given.colours[np.newaxis], **options)[0], keeps_grey=False)

    def translated(self, images, sampler, *, batch_size, tile, overlap, **conditions):
        """What a sampler makes of images, in tiles where it must be; arguments as in `translate`.

        Args:
            images: as in `translate`.
            sampler: `Sampler` with the main input "images".
            batch_size: as in `translate`.
            tile: as in `translate`.
            overlap: as in `translate`.
            **conditions: the sampler's other inputs, by name.
        """
        self.settle_averages()
        batch_size = require_int("batch_size", batch_size)
        channels = sampler.inputs["images"].shape[-1]
        # As a tensor first: NumPy makes arrays of objects and of text, too.
        images = require_images("images", np.asarray(require_float_images("images", images)))
        _require_channels(images, channels)
        tiles = Tiles.chosen(images.shape[1:3], sampler, tile, overlap, scale=self.scale)
        inputs = sampler.inputs_for(images=tiles.corners(images), **conditions)
        if tiles.are_whole:
            return sampler.run(inputs, batch_size)

        def rows(start):
            part = {name: value[start : start + batch_size] for name, value in inputs.items()}
            return tiles.blended(
                lambda pieces: sampler.run({**part, "images": pieces}, batch_size),
                images[start : start + batch_size],
            )

        return in_one_array(map(rows, range(0, len(images), batch_size)), len(images))

    def snapshot(self, num_images, *, seed, inputs=None):  # noqa: ARG002
        """What `callbacks.ImageSnapshots` shows: images, and next to each in its row what becomes of it.

        Args:
            num_images: int, the most images to show, all kinds together; one row of them is always shown.
            seed: int; nothing is drawn here.
            inputs: float32 images to translate, or a batch of the data: a dict of arrays by name.

        Returns:
            (images, columns): float32 array of images in [-1, 1], and how many of them make a row.

        Raises:
            ValueError: if there are no `inputs`, or they are not what the model is trained on.
        """
        batch = inputs if isinstance(inputs, dict) else {self.shown_fields[0]: inputs}
        given = {name for name, images in batch.items() if images is not None}
        if given - set(self.data_spec) or not given & set(self.shown_fields) or len(given) < len(batch):
            names = ", ".join(f'"{name}": {name}' for name in self.data_spec)
            raise ValueError(
                f"A {type(self).__name__} draws nothing by itself: give `ImageSnapshots` images to translate, as "
                f"`inputs=images`, or a batch of the data, as `inputs={{{names}}}`. "
                f"Received: inputs={list(batch.items())!r:.60}"
            )
        return side_by_side(self.blocks_of(batch), num_images)

    @property
    def shown_fields(self):
        """The fields of a batch whose images can be translated; pictures of training need one of them."""
        return tuple(self.data_spec)[:1]

    def blocks_of(self, batch):
        """What a picture of training shows of a batch: here a source image, its translation, and its target if given.

        Args:
            batch: dict of arrays by name, some of the fields of `data_spec`.

        Returns:
            list of lists of columns, as `side_by_side` takes them.
        """
        source, *targets = (batch[name] for name in self.data_spec if name in batch)
        return [[source, self.translate, *targets]]


def _require_channels(images, channels):
    if channels not in (None, images.shape[-1]):
        raise ValueError(
            f"Images must have the shape (num_images, height, width, {channels}): the translator takes images of "
            f"{channels} channel{'s' * (channels > 1)}. Received: images.shape={images.shape}"
        )


def mean_distance(first, second):
    """E|first - second|, a float32 scalar."""
    return tf.reduce_mean(tf.abs(first - second))


def merged_shape(*shapes):
    """What is known of the shape of images from all networks that make or take them.

    Raises:
        ValueError: if two of them differ in what they know.
    """
    try:
        merged = functools.reduce(lambda known, shape: known.merge_with(shape), map(tf.TensorShape, shapes))
    except ValueError as error:
        raise ValueError(
            "All networks that make or take images of one kind must be built for the same shape of them. "
            f"Received: networks for {', '.join(map(str, shapes))}"
        ) from error
    return tuple(merged.as_list())


def require_loss(loss):
    """Return an adversarial loss that was given, or raise a ValueError."""
    if not isinstance(loss, AdversarialLoss):
        raise ValueError(
            "`adversarial_loss` must be one of `keras_gan.losses`, such as `NonSaturating()`, or an object of your own "
            "subclass of `AdversarialLoss`; where it is an option, None is the default. "
            f"Received: adversarial_loss={loss!r}"
        )
    return loss


def require_perceptual(perceptual, name="perceptual"):
    """Return a perceptual loss that was given as the argument of some name, or None, or raise a ValueError."""
    if perceptual is not None and not isinstance(perceptual, Perceptual):
        raise ValueError(f"`{name}` must be a `keras_gan.losses.Perceptual`, or None. Received: {name}={perceptual!r}")
    return perceptual
