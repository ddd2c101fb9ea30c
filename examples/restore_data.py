"""What the flags of restore.py describe: the pictures, and what is done to them."""

import functools
import pathlib
import warnings

import numpy as np
import tensorflow as tf
from absl import flags

from keras_gan import data

FLAGS = flags.FLAGS
# Squares of the held-out pictures that are measured, and those of them that are shown.
_MEASURED, _SHOWN = 64, 8


class GaussianNoise(data.Degradation):
    """Adds Gaussian noise, whose standard deviation each image draws from 0 to a largest one.

    So the network also learns to leave pictures alone that need nothing.
    """

    def __init__(self, levels):
        super().__init__(1)
        self.levels = levels

    def __call__(self, images, seeds):
        """Return noisy images, clipped and rounded to 256 levels as in a file."""
        deviations = _uniform(seeds, 0.0, 2.0 * self.levels / 255.0)
        return _in_levels(images + deviations * _normal(seeds, images.shape[1:]))

    def __repr__(self):
        """The class and its setting."""
        return f"GaussianNoise({self.levels})"


class LittleLight(data.Degradation):
    """Takes most of the light away, from a half to all but a twentieth, and adds the noise that shows then."""

    def __init__(self):
        super().__init__(1)

    def __call__(self, images, seeds):
        """Return dark images. Light is the number of a file to the power of 2.2."""
        light = _uniform(seeds, 0.05, 0.5) * (0.5 * (images + 1.0)) ** 2.2
        return _in_levels(2.0 * light ** (1.0 / 2.2) - 1.0 + 0.03 * _normal(seeds, images.shape[1:]))

    def __repr__(self):
        """The class."""
        return "LittleLight()"


class Grey(data.Degradation):
    """Takes the colours away: all channels become the luma."""

    def __init__(self):
        super().__init__(1)

    def __call__(self, images, seeds):  # noqa: ARG002
        """Return grey images; nothing is drawn."""
        return _in_levels(tf.repeat(tf.image.rgb_to_grayscale(images), 3, axis=-1)) if images.shape[-1] == 3 else images

    def __repr__(self):
        """The class."""
        return "Grey()"


def _uniform(seeds, low, high):
    """Return a number for each seed, float32 `(count, 1, 1, 1)`."""
    draw = functools.partial(tf.random.stateless_uniform, [1, 1, 1], minval=low, maxval=high)
    return tf.map_fn(draw, seeds, fn_output_signature=tf.TensorSpec([1, 1, 1], tf.float32))


def _normal(seeds, shape):
    """Return noise for each seed, float32 `(count, *shape)`."""
    other = seeds + tf.constant([0, 1], tf.int64)
    draw = functools.partial(tf.random.stateless_normal, shape)
    return tf.map_fn(draw, other, fn_output_signature=tf.TensorSpec(shape, tf.float32))


def _in_levels(images):
    """Return images clipped and rounded to 256 levels, as in a file."""
    return tf.round((tf.clip_by_value(images, -1.0, 1.0) + 1.0) * 127.5) / 127.5 - 1.0


def load():
    """Return what the flags describe: batches to train on, images that are held out or None, some to show, channels."""
    if FLAGS.task == "matte":
        return _mattes()
    if FLAGS.dark:
        return _dark_and_bright()
    train, held_out, names = squares_of("pictures")
    shown = some(train) if held_out is None else held_out
    batches = _of_halves(train, names) if FLAGS.model == "EnlightenGAN" else _batches(train)
    return batches, held_out, shown, train.shape[-1]


def _dark_and_bright():
    """Without pairs nothing can be measured: dark squares are shown, those that are held out if there are any."""
    (dark, held_out, _), (bright, _, _) = squares_of("dark"), squares_of("bright")
    channels = max(dark.shape[-1], bright.shape[-1])
    dark, bright = _in_channels(dark, channels), _in_channels(bright, channels)
    source = dark if held_out is None else _in_channels(held_out, channels)
    shown = {
        name: some(squares).astype("float32") / 127.5 - 1.0
        for name, squares in {"source": source, "target": bright}.items()
    }
    return _unpaired(dark, bright), None, shown, channels


def _of_halves(squares, names):
    """Return batches of the squares of every second picture, made dark, and of those of the others, as they are."""
    numbers = {name: number for number, name in enumerate(dict.fromkeys(names))}
    is_dark = np.array([numbers[name] % 2 == 0 for name in names])
    dark, bright = squares[is_dark], squares[~is_dark]
    for half in (dark, bright):
        _require_batch(half, "pictures", "Each half of the pictures has")
    pairs = data.load_degraded(dark, LittleLight(), split="all", batch_size=1).one_pass()
    darkened = np.concatenate([pair["source"] for pair in pairs])
    return _unpaired(np.rint((darkened + 1.0) * 127.5).astype("uint8"), bright)


def _unpaired(dark, bright):
    """Return endless batches of dark and of bright squares, each kind in an order of its own."""
    options = {"batch_size": FLAGS.batch_size, "seed": FLAGS.seed, "preprocessing": data.Preprocessing(flip=True)}
    return data.load_unpaired(dark, bright, split="all", **options)


def _in_channels(squares, channels):
    """Return squares where grey ones have the channels of colours."""
    return np.broadcast_to(squares, (*squares.shape[:3], channels))


def _mattes():
    pictures, backgrounds = (
        data.Folder(pathlib.Path(path).expanduser(), skip_corrupt=True) for path in (FLAGS.pictures, FLAGS.backgrounds)
    )
    load_size = FLAGS.image_size * 9 // 8
    grounds = data.Parts(backgrounds, load_size, num_parts=FLAGS.parts, seed=FLAGS.seed)
    jitter = data.Preprocessing(load_size=load_size, flip=True)
    options = {"backgrounds": grounds, "image_size": FLAGS.image_size, "seed": FLAGS.seed, "preprocessing": jitter}
    train = data.load_mattes(pictures, split="train", batch_size=FLAGS.batch_size, **options)
    try:
        test = data.load_mattes(pictures, split="test", batch_size=1, **options)
    # Too few cut-outs or photographs to hold some out.
    except ValueError:
        return train, None, _first(train, _SHOWN), 3
    held_out = _first(test, _MEASURED)
    return train, held_out, held_out, 3


def _first(dataset, count):
    """Return the first images of a pass as one batch, a dict of arrays."""
    scenes = list(dataset.one_pass().unbatch().take(count))
    return {name: np.stack([scene[name] for scene in scenes]) for name in scenes[0]}


def squares_of(flag):
    """Return squares of the pictures of a folder to train on, and squares of a tenth of the pictures, or None.

    Args:
        flag: the name of the flag that names the folder.

    Returns:
        (train, held_out, names): uint8 `(num_squares, image_size, image_size, channels)` twice, and the picture of each
        square to train on. The pictures that gave none are named.

    Raises:
        ValueError: if there are fewer squares to train on than a batch has.
    """
    pictures = data.Folder(pathlib.Path(FLAGS[flag].value).expanduser(), skip_corrupt=True)
    parts = data.Parts(pictures, FLAGS.image_size, num_parts=FLAGS.parts, seed=FLAGS.seed)
    train, names = _read(parts, "train")
    _require_batch(train, flag, "The pictures have")
    try:
        test = some(_read(parts, "test")[0], _MEASURED)
    # Too few pictures to hold some out.
    except ValueError:
        return train, None, names
    channels = max(train.shape[-1], test.shape[-1])
    return _in_channels(train, channels), _in_channels(test, channels), names


def _require_batch(squares, flag, subject):
    if len(squares) < FLAGS.batch_size:
        raise ValueError(
            f"{subject} fewer squares of {FLAGS.image_size} pixels than a batch: give more or larger pictures, "
            "a smaller --image_size, a smaller --batch_size or more --parts. "
            f"Received: --{flag}={FLAGS[flag].value}, {len(squares)} squares"
        )


def _read(parts, split):
    """Return the squares of a split and the picture of each, and say what is left out."""
    stream, names = parts.stream(split, lambda picture: picture), []

    def named(start):
        for name, (square, label) in zip(stream.names, stream.examples(start), strict=True):
            names.extend([name] * (square is not None))
            yield square, label

    with warnings.catch_warnings(record=True) as notes:
        warnings.simplefilter("always")
        squares = stream._replace(examples=named).collected().images
    for note in notes:
        print(note.message)
    return squares, names


def _batches(squares):
    """Return endless batches of squares: with their degraded selves, or alone where the model cuts holes into them."""
    options = {"batch_size": FLAGS.batch_size, "seed": FLAGS.seed, "preprocessing": data.Preprocessing(flip=True)}
    if FLAGS.task == "inpaint":
        return data.load(squares, split="all", **options)
    return data.load_degraded(squares, _degradation(), split="all", **options)


def as_batch(model, squares):
    """Return squares as one batch of the model, a dict of arrays, with the same holes or noise each time."""
    if isinstance(squares, dict):
        return squares
    if FLAGS.task == "inpaint":
        images = squares.astype("float32") / 127.5 - 1.0
        return {"images": images, "masks": model.masks(len(images), images.shape[1:3], seed=(0, 0)).numpy()}
    pairs = list(data.load_degraded(squares, _degradation(), split="all", batch_size=1).one_pass())
    return {name: np.concatenate([pair[name] for pair in pairs]) for name in ("source", "target")}


def some(images, count=_SHOWN):
    """Return a few images of an array. Neighbours there may be of one picture, so these are far from each other."""
    return images[:: max(1, len(images) // count)][:count]


def shown_of(model, batch):
    """Return what pictures of training show of a batch: a model that cuts holes draws its own."""
    return {name: some(batch[name]) for name in model.data_spec}


def _degradation():
    own = {"denoise": lambda: GaussianNoise(FLAGS.noise), "brighten": LittleLight, "colourise": Grey}
    if FLAGS.task in own:
        return own[FLAGS.task]()
    return (data.SecondOrderDegradation if FLAGS.model == "RealESRGAN" else data.Bicubic)(FLAGS.scale)
