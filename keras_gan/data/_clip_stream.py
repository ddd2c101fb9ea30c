"""The endless, resumable order of clips, and which of their frames a step takes."""

import numpy as np
import tensorflow as tf

from keras_gan.data._stream import Stream
from keras_gan.data.preprocessing import Preprocessing
from keras_gan.data.source import ImageData


class ClipStream(Stream):
    """Maps a step to its batch of clips: a pure function of (seed, step), as in `Stream`.

    Args:
        data: N clips, as `Clips`, N >= batch_size, none shorter than `span`, and their labels.
        num_frames: frames of a clip in a batch.
        stride: how many frames apart they are; None for frames that are spread over the whole clip.
        preprocessing: whether to flip and to dequantise; all frames of a clip alike.
        batch_size: clips in a batch.
        seed: seed of the order, the first frames, the flips and the noise.
    """

    def __init__(
        self,
        data: ImageData,
        *,
        num_frames: int,
        stride: int | None,
        preprocessing: Preprocessing,
        batch_size: int,
        seed: int,
    ):
        clips = data.images
        super().__init__(
            data._replace(images=clips.frames), preprocessing=preprocessing, batch_size=batch_size, seed=seed
        )
        self.num_images, self.num_frames, self.stride = len(clips), num_frames, stride
        with tf.device("CPU:0"):
            self.starts, self.lengths = tf.constant(clips.starts), tf.constant(clips.lengths)

    def batch(self, step: tf.Tensor) -> dict[str, tf.Tensor]:
        """Return the clips of one step, and their labels where there are some."""
        indices = self.indices(step)
        # Negative second seeds: those of the flips and of the noise are not.
        draws = self._uniform((self.batch_size,), -1 - step)
        clips = self._frames(indices, draws)
        if self.preprocessing.flip:
            clips = tf.where(self._coins(step)[..., tf.newaxis], tf.reverse(clips, axis=[3]), clips)
        return self._named(self._scale(clips, step), indices)

    def plain_batch(self, numbers: tf.Tensor) -> dict[str, tf.Tensor]:
        """Return clips by their numbers as `one_pass` does: of each clip the frames in the middle, unchanged."""
        clips = self._frames(numbers, tf.fill(tf.shape(numbers), 0.5))
        clips = clips if clips.dtype == tf.float32 else tf.cast(clips, tf.float32) / 127.5 - 1.0
        return self._named(clips, numbers)

    def _named(self, clips: tf.Tensor, indices: tf.Tensor) -> dict[str, tf.Tensor]:
        return named(clips, indices, self.labels)

    def _frames(self, indices: tf.Tensor, draws: tf.Tensor) -> tf.Tensor:
        """Return the frames of clips; `draws` in [0, 1) say where in each of them the first one is."""
        lengths, order = tf.gather(self.lengths, indices)[:, tf.newaxis], tf.range(self.num_frames, dtype=tf.int64)
        if self.stride is None:
            # The first, the last, and what is nearest to equal steps between them.
            offsets = (2 * order * (lengths - 1) + self.num_frames - 1) // (2 * self.num_frames - 2)
        else:
            slack = lengths - span(self.num_frames, self.stride)
            first = tf.cast(draws[:, tf.newaxis] * tf.cast(slack + 1, tf.float32), tf.int64)
            # A draw just below 1 times many frames may round up.
            offsets = tf.minimum(first, slack) + self.stride * order
        return tf.gather(self.images, tf.gather(self.starts, indices)[:, tf.newaxis] + offsets)


def named(clips: tf.Tensor, indices: tf.Tensor, labels: tf.Tensor | None) -> dict[str, tf.Tensor]:
    """Return a batch of clips as a dict, with their labels where there are some."""
    return {"clips": clips} if labels is None else {"clips": clips, "labels": tf.gather(labels, indices)}


def span(num_frames: int, stride: int | None) -> int:
    """Return how many frames a clip needs at least."""
    return (num_frames - 1) * (stride or 1) + 1


def require_length(clips, num_frames: int, stride: int | None) -> None:
    """Raise a ValueError that names the shortest clip if it is too short."""
    needed, shortest = span(num_frames, stride), int(np.argmin(clips.lengths))
    if clips.lengths[shortest] < needed:
        remedy = "" if (stride or 1) == 1 else ", a smaller `stride`"
        raise ValueError(
            f"Each clip needs at least {needed} frames, and {clips.names[shortest]} has {clips.lengths[shortest]}. "
            f"Give fewer `num_frames`{remedy}, or leave the clip out. "
            f"Received: num_frames={num_frames}, stride={stride}"
        )
