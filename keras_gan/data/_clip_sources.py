"""Where clips come from: arrays, a NumPy file, or a folder of animations and of folders of frames."""

import os
import re
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from keras_gan._files import local_path
from keras_gan.data import _decoding
from keras_gan.data._checks import checked_images, checked_labels
from keras_gan.data._clips import Clips
from keras_gan.data._image_files import (
    SPLIT_NAME,
    explained,
    image_files,
    in_threads,
    notes_on_unread,
    root_of,
    visible_folders,
)
from keras_gan.data._tree import printable
from keras_gan.data.arrays import as_array
from keras_gan.data.moving_digits import MovingDigits
from keras_gan.data.numpy_file import NumpyFile
from keras_gan.data.source import ImageData, Prepare, Source, check_split, outside

# Formats that may hold several frames. The pages of a TIFF file are no animation.
_ANIMATIONS = (".apng", ".avif", ".gif", ".png", ".webp")
_MOST_CHANNELS = 4


def as_clip_source(source) -> Source | MovingDigits:
    """Return the source of clips that a user's argument stands for.

    Raises:
        FileNotFoundError: if there is no such folder or file.
        ValueError: if it stands for none.
    """
    if isinstance(source, MovingDigits):
        return source
    if isinstance(source, str) and source == "moving-digits":
        return MovingDigits()
    if isinstance(source, str | os.PathLike):
        path = local_path("source", source)
        return ClipFile(path) if path.suffix.lower() in (".npz", ".npy") else ClipFolder(path)
    if isinstance(source, tuple) and len(source) == 2:
        return ClipArrays(*source)
    if isinstance(source, list) or hasattr(source, "__array__"):
        return ClipArrays(source)
    raise ValueError(
        '`source` must be "moving-digits" or a keras_gan.data.MovingDigits, a folder, a .npz or .npy file, an array of '
        "clips, a list of arrays, or a tuple (clips, labels). "
        f"Received: source of type {type(source).__name__}"
    )


class ClipArrays(Source):
    """Clips in memory.

    Args:
        clips: array (num_clips, num_frames, height, width, channels), or without the last axis if they are grey; or a
            list of clips of different lengths.
        labels: as for `Arrays`, or None.
    """

    def __init__(self, clips, labels=None):
        self.clips = _listed(clips) if isinstance(clips, list) else _rows(as_array("clips", clips))
        self.labels = None if labels is None else checked_labels(as_array("labels", labels), len(self.clips))

    def read(self, split: str, prepare: Prepare) -> ImageData:
        """Return all clips."""
        check_split(split, ["train"], "An array")
        return ImageData(Clips.of([list(map(prepare, clip)) for clip in self.clips]), self.labels)


class ClipFile(NumpyFile):
    """Clips that `numpy.save`, `numpy.savez` or `numpy.savez_compressed` wrote, as `NumpyFile` reads images."""

    pairs = (("clips", "labels"), ("x", "y"))
    arrays = ClipArrays


class _ClipFiles(NamedTuple):
    """A clip in a folder: one animation, or the files of its frames in their order."""

    path: Path
    files: list[Path]

    def frames(self, prepare: Prepare) -> list[np.ndarray]:
        """Decode and prepare all frames."""
        return [prepare(frame) for path in self.files for frame in self._decoded(path, prepare)]

    def _decoded(self, path: Path, prepare: Prepare) -> list[np.ndarray]:
        options = {"alpha": prepare.channels == _MOST_CHANNELS}
        try:
            if path == self.path:
                return _decoding.decode_frames(path, **options)
            return [_decoding.decode(path, depth=prepare.depth, **options)]
        # Pillow raises errors of many classes for damaged files.
        except Exception as error:
            raise explained(error, path) from error


class ClipFolder(Source):
    """Animations, and folders of frames, in a folder and the folders below it.

    Args:
        path: the folder.
    """

    def __init__(self, path: Path):
        self.path = path
        if not path.is_dir():
            raise FileNotFoundError(f"There is no such folder. Received: source={printable(path)!r}")

    def splits(self) -> tuple[str, ...]:
        """Return the names of the sub-folders that are named as splits are."""
        return tuple(name for name in visible_folders(self.path) if SPLIT_NAME.fullmatch(name))

    def read(self, split: str, prepare: Prepare) -> ImageData:
        """Decode the clips in as many threads as there are processors."""
        root = root_of(self.path, split)
        files, unread = image_files(root)
        for note in notes_on_unread(unread):
            warnings.warn(note, stacklevel=outside())
        clips = list(_clips_of(root, files))
        frames = list(in_threads(lambda clip: clip.frames(prepare), clips))
        joined = Clips.of(frames, [printable(clip.path) for clip in clips])
        return ImageData(joined, *_classes([clip.path.relative_to(root).parts for clip in clips]))


def _clips_of(root: Path, files: list[Path]) -> Iterator[_ClipFiles]:
    """Put the files of single frames together by their folders, in the natural order of their names."""
    clips = {}
    for path in sorted(files, key=_natural):
        clips.setdefault(path if _is_animation(path) else path.parent, []).append(path)
    if root in clips:
        raise ValueError(
            "The frames of a clip must be in a sub-folder of their own, and here are images that are no animations in "
            f"the folder itself. Received: file={printable(clips[root][0])!r}"
        )
    for path in sorted(clips, key=_natural):
        yield _ClipFiles(path, clips[path])


def _is_animation(path: Path) -> bool:
    if path.suffix.lower() not in _ANIMATIONS:
        return False
    try:
        return _decoding.is_animation(path)
    except Exception as error:
        raise explained(error, path) from error


def _natural(path: Path) -> list:
    """Sort key in which frame 2 comes before frame 10."""
    pieces = (re.split(r"(\d+)", part) for part in path.parts)
    return [[int(piece) if piece.isdecimal() else piece for piece in part] for part in pieces]


def _classes(parts: list[tuple[str, ...]]) -> tuple[np.ndarray | None, tuple[str, ...] | None]:
    """The label of each clip, and the names of the classes: the sub-folders, if they hold all clips."""
    if any(len(part) == 1 for part in parts):
        return None, None
    names = sorted({part[0] for part in parts})
    return np.array([names.index(part[0]) for part in parts], np.int32), tuple(map(printable, names))


def _rows(clips: np.ndarray) -> np.ndarray:
    """Clips of one length as an array with five axes, checked."""
    if clips.ndim not in (4, 5) or 0 in clips.shape:
        raise ValueError(
            "Clips must have the shape (num_clips, num_frames, height, width, channels), or (num_clips, num_frames, "
            "height, width) if grey, and none of these may be 0; a list may hold clips of different lengths. "
            f"Received: clips with shape={clips.shape}"
        )
    if clips.ndim == 4 and clips.shape[-1] <= _MOST_CHANNELS:
        raise ValueError(
            "These look like images with channels, and would be taken for grey clips. A set of one clip is "
            f"clips[None]; images are loaded with `load`. Received: clips with shape={clips.shape}"
        )
    frames = checked_images(clips.reshape(-1, *clips.shape[2:]))
    return frames.reshape(*clips.shape[:2], *frames.shape[1:])


def _listed(clips: list) -> list[np.ndarray]:
    arrays = [as_array("clips", clip) for clip in clips]
    if not arrays or any(clip.ndim not in (3, 4) for clip in arrays):
        raise ValueError(
            "A list of clips must hold arrays (num_frames, height, width, channels), or (num_frames, height, width) if "
            f"grey. Received: clips with shapes {[clip.shape for clip in arrays][:3]}"
        )
    return [checked_images(clip) for clip in arrays]
