"""The named fields of a model's data."""

import dataclasses
import numbers

import tensorflow as tf

from keras_gan._arguments import require_bool, require_int
from keras_gan._pixels import require_channels_at_end

# What samples may be called, and the function of `keras_gan.data` that reads them.
LOADERS = {"images": "load", "waveforms": "load_recordings", "clips": "load_clips", "tokens": "load_text"}


@dataclasses.dataclass(frozen=True)
class Field:
    """One named tensor of a batch.

    Args:
        shape: tuple, shape of one sample; of a label () for the index of one class, or `(k,)` for k labels at once.
        num_classes: int, for labels: class indices in [0, num_classes), 2 for labels of yes and no; for texts how many
            tokens there are. None for floats.
        is_noise: bool, whether samples are drawn noise, of any range, even if they have the shape of a picture.
        is_mask: bool, whether samples are masks, of zeros and ones.
        is_sound: bool, whether samples are waveforms `(num_samples, channels)`, which must be in [-1, 1] as pictures
            are. Their shape does not tell them from other rows of numbers.
        is_text: bool, whether samples are texts: rows of tokens in [0, num_classes).

    Raises:
        ValueError: if `shape` is no tuple of sizes, or that of a picture with its channels first, or `num_classes` is
            no positive integer.

    Example:
        >>> Field((28, 28, 1)).is_picture, Field((), num_classes=10).dtype.name
        (True, 'int32')
        >>> Field((16384, 1), is_sound=True).is_bounded, Field((16384, 1)).is_bounded
        (True, False)
        >>> Field((3,), num_classes=2).labels_in_words()
        'rows of 3 labels, each from 0 to 1'
        >>> Field((20,), num_classes=5000, is_text=True).labels_in_words()
        'texts of 20 tokens, each from 0 to 4999'
    """

    shape: tuple
    num_classes: int | None = None
    is_noise: bool = False
    is_mask: bool = False
    is_sound: bool = False
    is_text: bool = False

    def __post_init__(self):
        sizes = self.shape if isinstance(self.shape, tuple | list) else [self.shape]
        if sizes is not self.shape or any(size is not None and not _is_size(size) for size in sizes):
            raise ValueError(
                "`shape` must be the shape of one sample without the batch, such as (28, 28, 1); None for an axis of "
                f"any size. Received: shape={self.shape!r}"
            )
        if self.num_classes is not None:
            require_int("num_classes", self.num_classes)
        require_bool("is_noise", self.is_noise)
        require_bool("is_mask", self.is_mask)
        require_bool("is_sound", self.is_sound)
        if require_bool("is_text", self.is_text) and (self.num_classes is None or len(self.shape) != 1):
            raise ValueError(
                "The field of texts needs their length and the number of tokens, as in `Field((20,), num_classes=5000, "
                f"is_text=True)`. Received: shape={self.shape}, num_classes={self.num_classes}"
            )
        if self.is_picture:
            require_channels_at_end("shape", self.shape)

    @property
    def dtype(self):
        """tf.float32, or tf.int32 for labels and tokens."""
        return tf.float32 if self.num_classes is None else tf.int32

    def labels_in_words(self):
        """What the labels of a batch are, for messages."""
        each = f"from 0 to {self.num_classes - 1}"
        if self.is_text:
            return f"texts of {self.shape[0]} tokens, each {each}"
        return f"rows of {self.shape[0]} labels, each {each}" if self.shape else f"classes {each}"

    @property
    def is_picture(self):
        """Whether samples have height, width and channels."""
        return len(self.shape) == 3 and self._is_seen

    @property
    def is_bounded(self):
        """Whether values must be in [-1, 1], as those of pictures, of clips of them and of sound; others are finite."""
        return self.is_sound or (len(self.shape) in (3, 4) and self._is_seen)

    @property
    def _is_seen(self):
        return self.num_classes is None and not self.is_noise and not self.is_mask


def _is_size(size):
    return isinstance(size, numbers.Integral) and not isinstance(size, bool) and size > 0


def named_fields(data, spec):
    """The fields of a user's data, a dict by name.

    Args:
        data: one tensor; a tuple of them, in the order of the fields; or a dict by field name.
        spec: dict of name to `Field`.

    Raises:
        ValueError: for too many or too few fields, or an unknown name.
    """
    if isinstance(data, dict):
        return _by_name(data, spec)
    values = list(data) if isinstance(data, tuple | list) else [data]
    while len(values) > 1 and values[-1] is None:
        values.pop()
    if len(values) == 1 and isinstance(values[0], dict):
        return _by_name(values[0], spec)
    if len(values) > len(spec):
        raise ValueError(_too_many(values, spec))
    if len(values) < len(spec):
        missing = list(spec)[len(values) :]
        loader = LOADERS.get(next(iter(spec)), "load")
        hint = f" `keras_gan.data.{loader}(..., labels=True)` returns them." if missing == ["labels"] else ""
        raise ValueError(
            f"The networks take {' and '.join(spec)}, but the data have no {' and no '.join(missing)}. Give a tuple or "
            f"a dict of {', '.join(spec)}.{hint} Received: data with {len(values)} part{'s' * (len(values) > 1)}"
        )
    return dict(zip(spec, values, strict=True))


def _by_name(data, spec):
    if set(data) != set(spec):
        raise ValueError(
            f"The data must have the fields {', '.join(spec)}, and no others. "
            f"Received: fields {', '.join(map(str, data))}"
        )
    return {name: data[name] for name in spec}


def _too_many(values, spec):
    if len(values) > max(2, len(spec)):
        return (
            f"This model takes {', '.join(spec)}, and each part of a list stands for one of them. If these are single "
            f"samples, make one array of them, as in `np.stack(samples)`. Received: data with {len(values)} parts"
        )
    samples, *others = spec
    if samples in LOADERS and not others:
        return (
            f"This GAN is unconditional and takes {samples} without labels. Drop the labels, for example with "
            f"`dataset.map(lambda {samples}, labels: {samples})` or `keras_gan.data.{LOADERS[samples]}(..., "
            "labels=False)`; or build the GAN with networks that take labels. Received: data with "
            f"{len(values)} parts"
        )
    return f"This model takes {', '.join(spec)}, and nothing more. Received: data with {len(values)} parts"
