"""Clips of different lengths in one array."""

from collections.abc import Sequence

import numpy as np

from keras_gan.data.source import Source


class Clips:
    """The frames of all clips, one clip after the other.

    Args:
        frames: uint8 in [0, 255] or float32 in [-1, 1], shape (num_frames of all clips, height, width, channels).
        lengths: how many frames each clip has.
        names: what errors call each clip, such as its file; None for "clip 0" and so on.
    """

    def __init__(self, frames: np.ndarray, lengths: Sequence[int], names: Sequence[str] | None = None):
        self.frames, self.lengths = frames, np.asarray(lengths, np.int64)
        self.starts = np.cumsum(self.lengths) - self.lengths
        self.names = [f"clip {number}" for number in range(len(self))] if names is None else list(names)

    @classmethod
    def of(cls, clips: Sequence[Sequence[np.ndarray]], names: Sequence[str] | None = None) -> "Clips":
        """Join clips, each a sequence of frames (height, width, channels) of one size.

        Raises:
            ValueError: if the frames differ in size.
        """
        joined = cls(np.empty(0), [len(clip) for clip in clips], names)
        called = [
            f"frame {i} of {name}" for name, clip in zip(joined.names, clips, strict=True) for i in range(len(clip))
        ]
        joined.frames = Source.stack((frame for clip in clips for frame in clip), called)
        return joined

    def __len__(self) -> int:
        return len(self.lengths)

    def __getitem__(self, part: slice) -> np.ndarray:
        """Return all frames of consecutive clips."""
        first, end, _ = part.indices(len(self))
        return self.frames[self.starts[first] : self.starts[end - 1] + self.lengths[end - 1]]

    @property
    def dtype(self) -> np.dtype:
        """The type of the pixels."""
        return self.frames.dtype

    def part(self, rows: np.ndarray) -> "Clips":
        """Return some of the clips."""
        frames = np.concatenate([self[row : row + 1] for row in rows])
        return Clips(frames, self.lengths[rows], [self.names[row] for row in rows])
