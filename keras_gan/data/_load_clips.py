"""From clips to batches."""

import tensorflow as tf

from keras_gan._arguments import require_bool, require_int
from keras_gan._identity import identity
from keras_gan.data._clip_sources import as_clip_source
from keras_gan.data._clip_stream import ClipStream, require_length
from keras_gan.data._images import Fit, sides_of
from keras_gan.data._reading import (
    Part,
    as_dataset,
    fits_of,
    num_classes_of,
    read_whole,
    require_batch,
    require_place,
    require_preprocessing,
    whole_of,
)
from keras_gan.data._stream import Stream
from keras_gan.data.digits import Digits
from keras_gan.data.moving_digits import DigitStream, MovingDigits
from keras_gan.data.preprocessing import Preprocessing


def load_clips(
    source,
    *,
    num_frames: int,
    stride: int | None = 1,
    split: str | None = None,
    image_size: int | tuple[int, int] | None = None,
    batch_size: int = 16,
    seed: int = 0,
    start_step: int = 0,
    labels: bool = False,
    preprocessing: Preprocessing | None = None,
) -> tf.data.Dataset:
    """Return endless batches of clips in [-1, 1], dicts of "clips".

    For models of videos, such as `MoCoGAN`. All that `load` promises of its order holds here: it is a function of the
    seed and the step, each clip comes once an epoch, and `start_step` and `from_step` resume bit for bit. So are the
    frames: of a clip that is longer than needed, each step takes other consecutive ones. Frames are taken by their
    number, whatever time an animation shows each of them.

    Clips may differ in length, and all are kept in memory as uint8. Flips mirror all frames of a clip alike.

    Args:
        source: where the clips come from:
            "moving-digits", or a `MovingDigits`: digits that bounce, made on the fly;
            an array (num_clips, num_frames, height, width, channels) of uint8 or of floats in [-1, 1], without the last
            axis if it is grey; a list of arrays of different lengths; or a tuple (clips, labels);
            a .npz or .npy file with such an array called `clips` (or `x`, or `x_train` and `x_test`, or the only one),
            and perhaps `labels` (`y`, `y_train`);
            a folder: each GIF, animated WebP or PNG file in it is a clip, and each folder of other images, in the
            natural order of their names. If all clips are in sub-folders, these are the classes, as for `Folder`.
        num_frames: frames of a clip in a batch, at least 2.
        stride: how many frames apart they are, from a random first one on; None for frames that are evenly spread over
            the whole clip, with its first and its last.
        split: as for `load`; `MovingDigits` has the splits of `Digits`.
        image_size: as for `load`; not for `MovingDigits`, which have a `side`.
        batch_size: clips in a batch; at most the number of clips.
        seed: seed of the order, the first frames, the flips and the noise; of `MovingDigits`, of the motions.
        start_step: the step of the first batch.
        labels: whether to return labels too.
        preprocessing: `Preprocessing`, without `load_size`; None for `MovingDigits`.

    Returns:
        A `tf.data.Dataset` of dicts: "clips", float32 (batch_size, num_frames, height, width, channels) in [-1, 1], and
        perhaps "labels", int32 (batch_size,); all of static shape. It has the attributes of the data set that `load`
        returns, where `num_images` and `num_held_out` count clips and `image_shape` is that of a frame, and
        `clip_shape`. Its `one_pass` takes the frames in the middle of each clip.

    Raises:
        FileNotFoundError: if the folder or the file does not exist.
        OSError: if the computer cannot read a file.
        ValueError: as for `load`; or if a clip is too short, which the error names.

    Warns:
        UserWarning: as for `load`.

    Example:
        >>> from keras_gan import data
        >>> clips = data.load_clips("moving-digits", num_frames=12, batch_size=4, labels=True)
        >>> clips.clip_shape, clips.num_images
        ((12, 24, 24, 1), 1437)
        >>> batch = next(iter(clips))
        >>> batch["clips"].shape, batch["labels"].shape
        (TensorShape([4, 12, 24, 24, 1]), TensorShape([4]))
    """
    require_place(batch_size, seed, start_step, split)
    num_frames = require_int("num_frames", num_frames, low=2)
    stride = None if stride is None else require_int("stride", stride)
    require_bool("labels", labels)
    source = as_clip_source(source)
    read = _moving if isinstance(source, MovingDigits) else _filmed
    part, make = read(source, split, num_frames, stride, image_size, preprocessing)
    options = require_preprocessing(preprocessing)
    require_batch(part, batch_size, options, "clips")
    _require_labels(part, labels)
    stream = make(part.data if labels else part.data._replace(labels=None), batch_size=batch_size, seed=seed)
    return as_dataset(
        stream,
        start_step,
        split=part.split,
        num_images=len(part.data.images),
        num_held_out=part.num_held_out,
        num_classes=num_classes_of(part.data),
        image_shape=stream.image_shape,
        clip_shape=(num_frames, *stream.image_shape),
        class_names=part.data.class_names,
        identity={
            **identity([part.data.images]),
            "seed": seed,
            "preprocessing": repr(options),
            "frames": f"{num_frames} of stride {stride}",
            **part.about,
        },
    )


def _filmed(source, split, num_frames, stride, image_size, preprocessing):
    """Clips that exist, and the function that makes their stream."""
    options = require_preprocessing(preprocessing)
    if options.load_size is not None:
        raise ValueError(
            "Clips are read at `image_size`, without random parts: leave `load_size` out. "
            f"Received: load_size={options.load_size!r}"
        )
    fit, _ = fits_of(image_size, options)
    part = whole_of(source, split, lambda own_split: source.read(own_split, fit)).part("clips")
    require_length(part.data.images, num_frames, stride)

    def make(data, **place) -> Stream:
        return ClipStream(data, num_frames=num_frames, stride=stride, preprocessing=options, **place)

    return part, make


def _moving(world, split, num_frames, stride, image_size, preprocessing):
    """The digits that move, and the function that makes the stream of their clips."""
    size = sides_of("image_size", image_size)
    if size not in (None, (world.side, world.side)) or stride != 1 or preprocessing is not None:
        raise ValueError(
            "Moving digits are made as they are wanted, and not resized, skipped or changed: give a "
            "`MovingDigits(side=..., speed=...)`, and leave `image_size`, `stride` and `preprocessing` out. "
            f"Received: image_size={image_size!r}, stride={stride}, preprocessing={preprocessing!r}"
        )
    part = read_whole(Digits(), split, Fit(), None).part()
    part = part._replace(about={**part.about, "world": repr(world)})

    def make(data, **place) -> Stream:
        return DigitStream(data, world, num_frames=num_frames, **place)

    return part, make


def _require_labels(part: Part, labels: bool) -> None:
    if labels and part.data.labels is None:
        raise ValueError(
            "The source has no labels. A folder has labels if each clip is in the sub-folder of its class, an array if "
            "it is passed as (clips, labels). Received: labels=True"
        )
