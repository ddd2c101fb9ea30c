"""From pictures and alphas to batches for matting."""

import dataclasses
import os
from collections.abc import Callable

import tensorflow as tf

from keras_gan._arguments import require_int
from keras_gan.data._load import load
from keras_gan.data._load_pairs import load_pairs, other_seed
from keras_gan.data._reading import require_preprocessing
from keras_gan.data.degradation import in_levels
from keras_gan.data.preprocessing import Preprocessing

# Not the seeds of the order, the parts, the flips and the degradations.
_OTHER = 0x6666_6666
_COPIED = ("steps_per_epoch", "split", "num_images", "num_held_out", "num_classes", "class_names")


def load_mattes(
    pictures,
    alphas=None,
    *,
    backgrounds=None,
    radius: int | tuple[int, int] = (2, 6),
    split: str | None = None,
    image_size: int | tuple[int, int] | None = None,
    batch_size: int = 64,
    seed: int = 0,
    start_step: int = 0,
    preprocessing: Preprocessing | None = None,
    cache_dir: str | os.PathLike | None = None,
) -> tf.data.Dataset:
    """Return endless batches for matting, a dict: "source", pictures with their trimaps, and "target", true alphas.

    For `AlphaGAN`. True alphas are rare, and easiest to get by cutting something out once and laying it on many
    photographs: a cut-out with colours F and alpha a becomes, with a part B of a photograph of its own in each step,

        picture = a F + (1 - a) B

    rounded to 256 levels (Xu et al. 2017, arXiv 1703.03872, section 3). Who has pictures and their alphas gives both.
    The trimaps are made as `trimaps_of` does, each with a radius of its own: a model that sees one radius alone learns
    how far the alpha reaches into the band.

        data.load_mattes("cut_outs/", backgrounds=data.Parts("photographs/", 64), split="train", image_size=64)
        data.load_mattes("pictures/", "alphas/", split="train", image_size=64)

    All that `load` promises holds here: the order, the backgrounds and the radii are functions of the seed and the
    step, so `start_step` and `from_step` resume bit for bit, and a tenth of the cut-outs and of the photographs is held
    out where they have no test images. In `one_pass`, each cut-out always has the same background and radius.

    Args:
        pictures: with `backgrounds`, cut-outs with an alpha, such as a folder of PNG files, as the source of `load`;
            with `alphas`, pictures, as the sources of `load_pairs`.
        alphas: the alphas of the pictures, grey pictures that are white where all is foreground, as the targets of
            `load_pairs`; None if the pictures are cut-outs.
        backgrounds: photographs, as the source of `load`; None if there are `alphas`.
        radius: int or tuple (lowest, highest), how far around a pixel the trimaps look, at least 1.
        split: as for `load`, of the pictures and of the backgrounds.
        image_size: as for `load`.
        batch_size: pictures in a batch; at most the number of pictures, and of backgrounds.
        seed: seed of the order, the random parts, the flips, the backgrounds and the radii.
        start_step: the step of the first batch.
        preprocessing: `Preprocessing` of the pictures, their alphas and the backgrounds, without `channels`, `depth`
            and `dequantize`: the pictures are RGB of 8 bits.
        cache_dir: local folder for the prepared images; None keeps them in memory.

    Returns:
        A `tf.data.Dataset` of dicts: "source", float32 `(batch_size, height, width, 4)`, colours in [-1, 1] and the
        trimap, 1 for foreground, -1 for background and 0 where it is open; and "target", float32
        `(batch_size, height, width, 1)`, alphas in [-1, 1]. It has the attributes of the data set that `load` returns;
        `image_shape` is a dict by "source" and "target".

    Raises:
        FileNotFoundError, OSError: as for `load`.
        ValueError: as for `load` and `load_pairs`; or if not exactly one of `alphas` and `backgrounds` is given, a
            radius is below 1, or the backgrounds have another size than the cut-outs.

    Warns:
        UserWarning: as for `load`.

    Example:
        >>> import numpy as np
        >>> from keras_gan import data
        >>> discs = np.zeros((40, 16, 16, 4), "uint8")
        >>> discs[:, 4:12, 4:12] = [250, 0, 0, 255]
        >>> grounds = np.full((30, 16, 16, 3), 100, "uint8")
        >>> train = data.load_mattes(discs, backgrounds=grounds, radius=1, split="train", batch_size=4)
        >>> train.num_images, train.image_shape
        (36, {'source': (16, 16, 4), 'target': (16, 16, 1)})
        >>> next(iter(train))["source"][0, 7, :8, 3].numpy().tolist()
        [-1.0, -1.0, -1.0, 0.0, 0.0, 1.0, 1.0, 1.0]
    """
    if (alphas is None) == (backgrounds is None):
        given = "neither" if alphas is None else "both"
        raise ValueError(
            "Give either the `alphas` of pictures, or `backgrounds` for cut-outs that have their alpha. "
            f"Received: {given} of them"
        )
    options = _require_plain(require_preprocessing(preprocessing))
    radii = _require_radii(radius)
    same = {"split": split, "image_size": image_size, "batch_size": batch_size, "cache_dir": cache_dir}
    if alphas is not None:
        of_both = tuple(dataclasses.replace(options, channels=channels) for channels in (3, 1))
        main = parts = load_pairs(pictures, alphas, **same, seed=seed, start_step=start_step, preprocessing=of_both)
        shape, about = main.image_shape["source"], {}
        streams, joined = _Pairs(parts), _of_pairs
    else:
        with_alpha, without = (dataclasses.replace(options, channels=channels) for channels in (4, 3))
        main = load(pictures, **same, seed=seed, start_step=start_step, preprocessing=with_alpha)
        ground = load(backgrounds, **same, seed=other_seed(seed), start_step=start_step, preprocessing=without)
        _require_one_size(main.image_shape, ground.image_shape)
        shape, about = main.image_shape, {"backgrounds": ground.identity}
        streams, joined = _CutOuts(main, ground, batch_size), _on_backgrounds
    return _mattes(main, streams, joined, _Trimaps(radii, seed ^ _OTHER, batch_size), shape, start_step, about)


def _mattes(main, streams, joined: Callable, trimaps: "_Trimaps", shape, start_step: int, about: dict):
    """The data set of joined streams with their trimaps, with the attributes of `main`."""

    def from_step(step: int) -> tf.data.Dataset:
        steps = tf.data.Dataset.range(start_step + step, tf.int64.max)
        batches = tf.data.Dataset.zip((steps, streams.from_step(step)))
        # Keras recognises endless data by the cardinality.
        batches = batches.apply(tf.data.experimental.assert_cardinality(tf.data.INFINITE_CARDINALITY))
        made = batches.map(
            lambda number, batch: trimaps.added(*joined(batch), trimaps.places(number)),
            num_parallel_calls=tf.data.AUTOTUNE,
            deterministic=True,
        )
        return made.prefetch(tf.data.AUTOTUNE)

    def one_pass() -> tf.data.Dataset:
        return (
            streams.one_pass()
            .enumerate()
            .map(
                # Negative places, unlike those in training.
                lambda number, batch: trimaps.added(*joined(batch), -1 - trimaps.places(number))
            )
        )

    dataset = from_step(0)
    dataset.from_step, dataset.one_pass = from_step, one_pass
    for name in _COPIED:
        setattr(dataset, name, getattr(main, name))
    dataset.image_shape = {"source": (*shape[:2], 4), "target": (*shape[:2], 1)}
    dataset.identity = {**main.identity, **about, "radii": list(trimaps.radii)}
    return dataset


class _Pairs:
    """Batches of pictures and alphas."""

    def __init__(self, pairs):
        self.from_step, self.one_pass = pairs.from_step, pairs.one_pass


class _CutOuts:
    """Batches of cut-outs next to backgrounds. One pass has every cut-out once, and backgrounds as they come."""

    def __init__(self, cut_outs, backgrounds, batch_size):
        self._cut_outs, self._backgrounds, self._batch_size = cut_outs, backgrounds, batch_size

    def from_step(self, step: int) -> tf.data.Dataset:
        """The batches from a step on."""
        return tf.data.Dataset.zip(tuple(each.from_step(step) for each in (self._cut_outs, self._backgrounds)))

    def one_pass(self) -> tf.data.Dataset:
        """Every cut-out once; the last batch may be smaller."""
        grounds = self._backgrounds.one_pass().unbatch().repeat().batch(self._batch_size)
        return tf.data.Dataset.zip((self._cut_outs.one_pass(), grounds))


def _of_pairs(pair: dict) -> tuple[tf.Tensor, tf.Tensor]:
    return pair["source"], pair["target"]


def _on_backgrounds(batch: tuple) -> tuple[tf.Tensor, tf.Tensor]:
    """Cut-outs on backgrounds, as a file of 8 bits holds them, and their alphas."""
    cut_outs, grounds = batch
    alphas = cut_outs[..., 3:]
    opacity = 0.5 * (alphas + 1.0)
    grounds = grounds[: tf.shape(cut_outs)[0]]
    return in_levels(opacity * cut_outs[..., :3] + (1.0 - opacity) * grounds, 256), alphas


class _Trimaps:
    """Makes trimaps, each with a radius that its place in the stream decides on.

    Args:
        radii: (lowest, highest).
        seed: int.
        batch_size: int.
    """

    def __init__(self, radii: tuple[int, int], seed: int, batch_size: int):
        self.radii, self._seed, self._batch_size = radii, seed, batch_size

    def places(self, number: tf.Tensor) -> tf.Tensor:
        """The places of a batch by its number, int64 (batch_size,)."""
        return number * self._batch_size + tf.range(self._batch_size, dtype=tf.int64)

    def added(self, pictures: tf.Tensor, alphas: tf.Tensor, places: tf.Tensor) -> dict[str, tf.Tensor]:
        """Pictures with the trimaps of their alphas, and the alphas."""
        places = places[: tf.shape(alphas)[0]]
        seeds = tf.stack([tf.fill(tf.shape(places), tf.constant(self._seed, tf.int64)), places], axis=1)
        low, high = self.radii

        def radius(seed):
            return tf.random.stateless_uniform([], seed, low, high + 1, tf.int32)

        radii = tf.map_fn(radius, seeds, fn_output_signature=tf.int32)
        trimaps = tf.ensure_shape(self._of(alphas, radii[:, tf.newaxis, tf.newaxis, tf.newaxis]), alphas.shape)
        return {"source": tf.concat([pictures, trimaps], axis=-1), "target": alphas}

    def _of(self, alphas: tf.Tensor, radii: tf.Tensor) -> tf.Tensor:
        some, lacking = (tf.cast(mask, tf.float32) for mask in (alphas > -1.0, alphas < 1.0))
        trimaps = tf.zeros_like(alphas)
        # A square of radius r is r times one of radius 1.
        for radius in range(1, self.radii[1] + 1):
            some, lacking = (tf.nn.max_pool2d(mask, 3, 1, "SAME") for mask in (some, lacking))
            trimaps = tf.where(radii == radius, some - lacking, trimaps)
        return trimaps


def _require_plain(options: Preprocessing) -> Preprocessing:
    if options.channels is not None or options.depth != 8 or options.dequantize:
        raise ValueError(
            "Pictures for matting are RGB of 8 bits with an alpha, so leave `channels`, `depth` and `dequantize` out "
            f"of the `Preprocessing`. Received: preprocessing={options!r}"
        )
    return options


def _require_radii(radius) -> tuple[int, int]:
    pair = tuple(radius) if isinstance(radius, tuple | list) else (radius, radius)
    if len(pair) != 2:
        raise ValueError(f"`radius` must be an integer or a pair (lowest, highest). Received: radius={radius!r}")
    low = require_int("radius", pair[0])
    return low, require_int("radius", pair[1], low=low)


def _require_one_size(cut_outs: tuple, grounds: tuple) -> None:
    if cut_outs[:2] != grounds[:2]:
        raise ValueError(
            "Cut-outs and backgrounds must have the same size: give the `image_size` of both, and `Parts` of it. "
            f"Received: cut-outs of {cut_outs[0]}x{cut_outs[1]}, backgrounds of {grounds[0]}x{grounds[1]}"
        )
