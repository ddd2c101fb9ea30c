"""From recordings to batches of waveforms."""

import os
import warnings

import numpy as np
import tensorflow as tf

from keras_gan._arguments import require_bool, require_int
from keras_gan._identity import identity
from keras_gan.data._reading import as_dataset, require_place
from keras_gan.data._sound_files import LEVELS
from keras_gan.data._stream import endless, one_pass, shuffled
from keras_gan.data.recordings import Recordings, SoundData
from keras_gan.data.source import outside

# With more silence than sound, a model learns to be silent.
_MOST_SILENCE = 0.5


def load_recordings(
    source,
    *,
    num_samples: int,
    split: str | None = None,
    sample_rate: int | None = None,
    batch_size: int = 64,
    seed: int = 0,
    start_step: int = 0,
    labels: bool = False,
) -> tf.data.Dataset:
    r"""Return endless batches of waveforms in [-1, 1], each a dict of "waveforms" and, on request, "labels".

    Of a longer recording, each batch has another part, and a shorter one is followed by silence. All that `load`
    promises holds here: each recording comes once in an epoch, the order and the parts are functions of the seed and
    the step, and `start_step` and `from_step` resume bit for bit. The recordings are read and resampled once, and kept
    in memory with 16 bits.

    Args:
        source: a folder of recordings, or `Recordings`, which reads speakers and words from the names of the files and
            says more of the splits and of short recordings.
        num_samples: samples of each waveform, such as 16384.
        split: "train", "test" or "all"; or the name of the sub-folder of a split. None is "train" of recordings with a
            split "test" of their own or with `held_out` groups, and "all" of others.
        sample_rate: samples in a second, to which the recordings are resampled; None for their own, which must be the
            same for all.
        batch_size: waveforms in a batch; at most the number of recordings.
        seed: seed of the order and of the parts.
        start_step: the step of the first batch.
        labels: whether to return the class of each recording.

    Returns:
        A `tf.data.Dataset` of dicts: "waveforms", float32 (batch_size, num_samples, 1) in [-1, 1], and "labels", int32
        (batch_size,), if asked for; all of static shape. It has the attributes `steps_per_epoch` (N // batch_size),
        `num_recordings` (N), `sample_rate`, `sample_shape`, `split`, `num_held_out` (how many recordings this split
        leaves for "test"), `groups` (whose recordings these are, a tuple of names such as those of speakers),
        `num_classes` (0 without labels) and `class_names` (of all splits; None without labels), `one_pass`, a function
        that returns batches of the middle of every recording once, and `from_step`, as the data set of `load`.

    Raises:
        FileNotFoundError: if there is no such folder.
        OSError: if the computer cannot read a folder or a file.
        ValueError: if an argument is out of its range; the source has no such split, no labels or fewer recordings than
            a batch; or a file cannot be read as sound, see `Recordings`.

    Warns:
        UserWarning: if something was left out, or most of the waveforms would be silence.

    Example:
        >>> import pathlib, tempfile
        >>> import numpy as np, soundfile
        >>> from keras_gan import data
        >>> folder = pathlib.Path(tempfile.mkdtemp())
        >>> for name in ("0_ann_0", "1_ann_0", "0_bob_0", "1_bob_0"):
        ...     soundfile.write(folder / f"{name}.wav", np.full(100, 0.25), 8000)
        >>> spoken = data.Recordings(folder, pattern=r"(?P<label>\d)_(?P<group>[a-z]+)_\d+", held_out=["ann"])
        >>> train = data.load_recordings(spoken, split="train", num_samples=128, batch_size=2, labels=True)
        >>> train.groups, train.num_recordings, train.class_names
        (('bob',), 2, ('0', '1'))
        >>> batch = next(iter(train))
        >>> batch["waveforms"].shape, batch["waveforms"].numpy().max(), batch["labels"].shape
        (TensorShape([2, 128, 1]), np.float32(0.25), TensorShape([2]))
    """
    require_place(batch_size, seed, start_step, split)
    num_samples = require_int("num_samples", num_samples)
    sample_rate = None if sample_rate is None else require_int("sample_rate", sample_rate)
    labels = require_bool("labels", labels)
    data = _as_recordings(source).read(split, sample_rate=sample_rate, num_samples=num_samples)
    _require_enough(data, batch_size, labels)
    _warn_of_silence(data, num_samples)
    stream = Waveforms(data if labels else data._replace(labels=None, class_names=None), num_samples, batch_size, seed)
    return as_dataset(
        stream,
        start_step,
        split=data.split,
        num_recordings=len(stream),
        num_held_out=data.num_held_out,
        num_classes=len(data.class_names) if labels else 0,
        class_names=data.class_names if labels else None,
        groups=data.groups,
        sample_rate=data.sample_rate,
        sample_shape=(num_samples, 1),
        identity={
            **identity([data.lengths, data.samples[: data.lengths[0]][None], data.samples[-data.lengths[-1] :][None]]),
            "seed": seed,
            "sample_rate": data.sample_rate,
            **data.about,
        },
    )


class Waveforms:
    """Maps a step to its batch of waveforms: a pure function of (seed, step), as `Stream` for images.

    Args:
        data: `SoundData` of N recordings, N >= batch_size.
        num_samples: samples of each waveform.
        batch_size: waveforms in a batch.
        seed: seed of the order and of the parts.
    """

    def __init__(self, data: SoundData, num_samples: int, batch_size: int, seed: int):
        self.num_samples, self.batch_size = num_samples, batch_size
        # tf.data runs on the host: what is on the accelerator would be copied back for every batch.
        with tf.device("CPU:0"):
            self.seed = tf.constant(seed, tf.int64)
            self.samples = tf.constant(data.samples)
            self.lengths = tf.constant(data.lengths)
            self.labels = None if data.labels is None else tf.constant(data.labels)
            self.begins = tf.cumsum(self.lengths, exclusive=True)

    def __len__(self) -> int:
        """How many recordings make an epoch."""
        return len(self.lengths)

    def dataset(self, start_step: int) -> tf.data.Dataset:
        """Return the batches from `start_step` on."""
        return endless(self.batch, start_step, self.batch_size)

    def one_pass(self) -> tf.data.Dataset:
        """Return batches of the middle of every recording once, in the order of the names; the last may be smaller."""
        return one_pass(self.middles, len(self), self.batch_size)

    def batch(self, step: tf.Tensor) -> dict:
        """Return the waveforms of one step, each a random part of its recording."""
        numbers = shuffled(step, batch_size=self.batch_size, count=len(self), seed=self.seed)
        # Negative second seeds: those of the order are not. float64: recordings may have more than 2^24 samples.
        second = tf.stack([self.seed, -1 - step])
        draws = tf.random.stateless_uniform((self.batch_size,), second, dtype=tf.float64, alg="philox")
        slack = self._slack(numbers)
        return self._cut(numbers, tf.cast(draws * tf.cast(slack + 1, tf.float64), tf.int64))

    def middles(self, numbers: tf.Tensor) -> dict:
        """Return the middles of some recordings."""
        return self._cut(numbers, self._slack(numbers) // 2)

    def _slack(self, numbers: tf.Tensor) -> tf.Tensor:
        """How many samples some recordings have more than a waveform."""
        return tf.maximum(tf.gather(self.lengths, numbers) - self.num_samples, 0)

    def _cut(self, numbers: tf.Tensor, starts: tf.Tensor) -> dict:
        """Return the parts of some recordings that begin at `starts`, with silence after the end of short ones."""
        places = starts[:, None] + tf.range(self.num_samples, dtype=tf.int64)
        lengths = tf.gather(self.lengths, numbers)[:, None]
        samples = tf.gather(self.samples, tf.gather(self.begins, numbers)[:, None] + tf.minimum(places, lengths - 1))
        waveforms = tf.where(places < lengths, tf.cast(samples, tf.float32) / LEVELS, 0.0)[..., None]
        if self.labels is None:
            return {"waveforms": waveforms}
        return {"waveforms": waveforms, "labels": tf.gather(self.labels, numbers)}


def _as_recordings(source) -> Recordings:
    if isinstance(source, Recordings):
        return source
    if isinstance(source, str | os.PathLike):
        return Recordings(source)
    raise ValueError(
        "`source` must be a folder of recordings, or a `keras_gan.data.Recordings`. Waveforms in an array need no "
        f"loading: give them to `fit`. Received: source of type {type(source).__name__}"
    )


def _require_enough(data: SoundData, batch_size: int, labels: bool) -> None:
    if len(data.lengths) < batch_size:
        raise ValueError(
            f'The split "{data.split}" has {len(data.lengths)} recordings, fewer than one batch. Pass `batch_size='
            f"{len(data.lengths)}` or less. Received: batch_size={batch_size}"
        )
    if labels and data.labels is None:
        raise ValueError(
            "The recordings have no labels. They have if each file is in the sub-folder of its class, or "
            "`Recordings(..., pattern=...)` finds a 'label' in the names of the files. Received: labels=True"
        )


def _warn_of_silence(data: SoundData, num_samples: int) -> None:
    silence = 1.0 - np.minimum(data.lengths, num_samples).mean() / num_samples
    if silence > _MOST_SILENCE:
        warnings.warn(
            f"{silence:.0%} of the waveforms is silence after the end of short recordings, of which half have at most "
            f"{int(np.median(data.lengths))} samples: a smaller `num_samples` suits them.",
            stacklevel=outside(),
        )
