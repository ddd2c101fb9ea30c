"""A folder of recordings."""

import collections
import os
import re
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from keras_gan._arguments import did_you_mean, require_bool, require_choice, require_number
from keras_gan._files import local_path
from keras_gan.data._held_out import held_out_rows
from keras_gan.data._image_files import SPLIT_NAME, counted, in_threads, visible_folders
from keras_gan.data._sound_files import OTHER_SUFFIXES, SUFFIXES, sound_of
from keras_gan.data._tree import identity_of_files, listed, printable, visible_files
from keras_gan.data.source import check_split, outside

_GROUP, _LABEL = "group", "label"
_MADE = ("train", "test", "all")
# One of so many groups is held out, and at least one.
_HELD_OUT = 10


class SoundData(NamedTuple):
    """The recordings of one split, one after another in one array.

    Attributes:
        samples: int16 `(total,)`.
        lengths: int64 `(num_recordings,)`, of how many of them each recording is.
        sample_rate: int, samples in a second.
        labels: int32 `(num_recordings,)`, or None.
        class_names: tuple of str, the classes of all splits; None without labels.
        groups: tuple of str, whose recordings these are, such as speakers; empty where the names do not say.
        split: name of the split.
        num_held_out: how many recordings it leaves for "test".
        about: what tells it from other splits of the same recordings, a dict for JSON.
    """

    samples: np.ndarray
    lengths: np.ndarray
    sample_rate: int
    labels: np.ndarray | None
    class_names: tuple[str, ...] | None
    groups: tuple[str, ...]
    split: str
    num_held_out: int
    about: dict


class Recordings:
    r"""Recordings in a folder and the folders below it: WAV, FLAC, OGG and other files that libsndfile reads.

    What is said, and who says it, is read from the names. If every file is in a sub-folder, the immediate sub-folders
    are the classes. A `pattern` finds them in the name of each file, and its group, such as the speaker:

        Recordings("recordings/", pattern=r"(?P<label>\d)_(?P<group>[a-z]+)_\d+")      # 7_jackson_32.wav

    A model that has heard a speaker knows more of this voice than of others. So where the names have groups, whole
    groups are held out for "test", and none of their recordings is in "train". If the folder has sub-folders with the
    names of splits ("train", "test", ...), these are the splits.

    Each recording becomes 16 bits with one channel, the mean of its channels, and is resampled to the rate that is
    asked for by soxr. A warning counts and names what is left out.

    Args:
        path: the folder.
        pattern: regular expression of the whole name of each file without its suffix, with a part called "label",
            "group" or both; None for classes from sub-folders and no groups.
        held_out: list of the groups of the split "test"; None for a tenth of the groups, at least one, chosen by their
            names alone. Without groups, a tenth of the recordings.
        short: what to do with a recording that is shorter than what `load_recordings` cuts from it: "pad" it with
            silence at its end, "skip" it with a warning, or "refuse" it with an error.
        peak: float in (0, 1], to which each recording's largest magnitude is scaled, because speakers differ in their
            distance from the microphone; None leaves the loudness as it is.
        skip_corrupt: whether to skip files that cannot be decoded or hold no sound, with a warning, instead of
            stopping.

    Raises:
        FileNotFoundError: if there is no such folder.
        ValueError: if an argument is out of range.

    Example:
        >>> import pathlib, tempfile
        >>> import numpy as np, soundfile
        >>> folder = pathlib.Path(tempfile.mkdtemp())
        >>> for name in ("0_ann_0", "1_ann_0", "0_bob_0"):
        ...     soundfile.write(folder / f"{name}.wav", np.zeros(100), 8000)
        >>> digits = Recordings(folder, pattern=r"(?P<label>\d)_(?P<group>[a-z]+)_\d+", held_out=["ann"])
        >>> train = digits.read("train")
        >>> train.groups, train.labels.tolist(), train.class_names, train.sample_rate
        (('bob',), [0], ('0', '1'), 8000)
    """

    def __init__(
        self,
        path: str | os.PathLike,
        *,
        pattern: str | None = None,
        held_out: Sequence[str] | None = None,
        short: str = "pad",
        peak: float | None = None,
        skip_corrupt: bool = False,
    ):
        self.path = local_path("source", path)
        self.pattern = None if pattern is None else _compiled(pattern)
        self.held_out = _require_names(held_out)
        self.short = require_choice("short", short, ("pad", "skip", "refuse"))
        self.peak = None if peak is None else require_number("peak", peak, low=0.0, high=1.0, open_low=True)
        self.skip_corrupt = require_bool("skip_corrupt", skip_corrupt)
        if self.held_out is not None and (self.pattern is None or _GROUP not in self.pattern.groupindex):
            raise ValueError(
                "`held_out` names groups, which are read from the names of the files: give a `pattern` with a part "
                f"called 'group', as in r'(?P<group>[a-z]+)_\\d+'. Received: held_out={held_out!r}"
            )
        if not self.path.is_dir():
            raise FileNotFoundError(f"There is no such folder. Received: source={str(path)!r}")

    def read(self, split: str | None = None, *, sample_rate: int | None = None, num_samples: int = 1) -> SoundData:
        """Read the recordings of a split, in as many threads as there are processors.

        Args:
            split: "train", "test" or "all"; or the name of the sub-folder of a split. None is "train" of recordings
                with a split "test" of their own or with `held_out`, and "all" of others.
            sample_rate: samples in a second; None for that of the files.
            num_samples: the length below which a recording is short.

        Returns:
            `SoundData`.

        Raises:
            OSError: if the computer cannot read a folder or a file.
            ValueError: if there is no such split or no recording in it, a name does not match the pattern, a file
                cannot be read as sound, or the rates differ.
        """
        files, unread = _sound_files(self.path)
        entries, outside_of_splits = self._entries(files)
        names = _class_names([entry.label for entry in entries])
        split, chosen, about, num_held_out = self._part(split, entries)
        waveforms, rate, notes = self._waveforms([entry.path for entry in chosen], sample_rate, num_samples)
        kept = [entry for entry in chosen if entry.path in waveforms]
        for note in (*_notes_on_files(unread, outside_of_splits), *notes):
            warnings.warn(note, stacklevel=outside())
        return SoundData(
            samples=np.concatenate([waveforms[entry.path] for entry in kept]),
            lengths=np.array([len(waveforms[entry.path]) for entry in kept], np.int64),
            sample_rate=rate,
            labels=None if names is None else np.array([names.index(entry.label) for entry in kept], np.int32),
            class_names=names,
            groups=tuple(sorted({entry.group for entry in kept} - {None})),
            split=split,
            num_held_out=num_held_out,
            about={"split": split, **about},
        )

    def _entries(self, files: list[Path]) -> tuple[list["_Entry"], list[Path]]:
        """What the names say of the files, and the files that are in no folder of a split, where there are any."""
        own = {name for name in visible_folders(self.path) if SPLIT_NAME.fullmatch(name)}
        places = {path: path.relative_to(self.path).parts for path in files}
        own &= {parts[0] for parts in places.values()}
        inside = [path for path in files if not own or places[path][0] in own]
        below = {path: places[path][bool(own) :] for path in inside}
        # One that is in no sub-folder has no class, and then none has one.
        has_folders = all(len(parts) > 1 for parts in below.values())
        entries = []
        for path in inside:
            found = {_LABEL: below[path][0] if has_folders else None, _GROUP: None, **self._matched(path)}
            label, group = (found[name] and printable(found[name]) for name in (_LABEL, _GROUP))
            entries.append(_Entry(path, places[path][0] if own else None, label, group))
        return entries, [path for path in files if path not in below]

    def _matched(self, path: Path) -> dict:
        """What the pattern finds in the name of a file."""
        if self.pattern is None:
            return {}
        match = self.pattern.fullmatch(path.stem)
        if match is None or None in match.groupdict().values():
            raise ValueError(
                "The name of each file, without its suffix, must match the whole `pattern`: change the pattern, or "
                f"move the file. Received: file={printable(path)!r}, pattern={self.pattern.pattern!r}"
            )
        return match.groupdict()

    def _part(self, split: str | None, entries: list["_Entry"]) -> tuple[str, list["_Entry"], dict, int]:
        """The name of a split, its entries, what tells it from others, and how many it leaves for "test"."""
        if entries[0].split is not None:
            return self._own_part(split, entries)
        split = split or ("all" if self.held_out is None else "train")
        check_split(split, _MADE, f"The folder {printable(self.path)!r}")
        about = {"split_of": identity_of_files(self.path, [entry.path for entry in entries])["names_sizes_and_times"]}
        held_out = self._held_out(entries, split)
        if split == "all" or not held_out:
            return split, entries, about, 0
        parts = {True: [], False: []}
        for number, entry in enumerate(entries):
            parts[number in held_out].append(entry)
        if not parts[split == "test"]:
            raise ValueError(
                f"All groups are held out, and none is left for training. Received: held_out={self.held_out!r}"
            )
        return split, parts[split == "test"], about, len(held_out) if split == "train" else 0

    def _own_part(self, split: str | None, entries: list["_Entry"]) -> tuple[str, list["_Entry"], dict, int]:
        """As `_part`, for a folder whose sub-folders are its splits."""
        if self.held_out is not None:
            raise ValueError(
                "The sub-folders of this folder are its splits already: leave `held_out` out, or move the recordings "
                f"into one folder. Received: held_out={self.held_out!r}, splits {sorted({e.split for e in entries})}"
            )
        split = split or "train"
        check_split(split, sorted({entry.split for entry in entries}), f"The folder {printable(self.path)!r}")
        return split, [entry for entry in entries if entry.split == split], {}, 0

    def _held_out(self, entries: list["_Entry"], split: str) -> set[int]:
        """The numbers of the entries that are held out for "test"."""
        groups = sorted({entry.group for entry in entries} - {None})
        if not groups:
            rows = set(held_out_rows(len(entries)).tolist())
        else:
            names = self._held_out_groups(groups)
            rows = {number for number, entry in enumerate(entries) if entry.group in names}
        if split == "test" and not rows:
            raise ValueError(
                "There are too few recordings, or too few groups of them, to hold some out: at least 20 recordings or "
                f"two groups are needed. Received: split='test' of {len(entries)} recordings, {len(groups)} groups"
            )
        return rows

    def _held_out_groups(self, groups: list[str]) -> set[str]:
        if self.held_out is None:
            count = max(1, len(groups) // _HELD_OUT) if len(groups) > 1 else 0
            return {groups[number] for number in np.random.default_rng(0).permutation(len(groups))[:count]}
        for name in self.held_out:
            if name not in groups:
                raise ValueError(
                    f"No recording is of this group.{did_you_mean(name, groups)} The groups are: {_some(groups)}. "
                    f"Received: held_out={self.held_out!r}"
                )
        return set(self.held_out)

    def _waveforms(self, files: list[Path], sample_rate: int | None, num_samples: int) -> tuple[dict, int, list[str]]:
        """What is kept of some files, a dict by path; their sample rate; and what to warn of."""

        def read(path: Path):
            try:
                return sound_of(path, sample_rate, self.peak)
            except ValueError as error:
                if self.skip_corrupt:
                    return None
                # Raised in its turn, so that it is the first file that is named.
                return error

        found, corrupt, short, rates = {}, [], [], collections.defaultdict(list)
        for path, sound in zip(files, in_threads(read, files), strict=True):
            if isinstance(sound, ValueError):
                raise sound
            if sound is None:
                corrupt.append(path)
                continue
            rates[sound[1]].append(path)
            if len(sound[0]) < num_samples and self.short != "pad":
                short.append(path)
            else:
                found[path] = sound[0]
        self._require_some(found, corrupt, short, num_samples)
        return found, _only_rate(rates), list(_notes_on_sounds(len(files), corrupt, short, num_samples))

    def _require_some(self, found: dict, corrupt: list[Path], short: list[Path], num_samples: int) -> None:
        if short and (self.short == "refuse" or not found):
            skip = "" if self.short == "skip" else ", leave it out by short='skip'"
            raise ValueError(
                f"A recording is shorter than the {num_samples} samples that are cut from each: fill it with silence "
                f"by short='pad'{skip}, or give a smaller `num_samples`. Received: {counted(short, 'file')}, "
                f"{listed(short)}"
            )
        if not found:
            raise ValueError(
                f"None of the files can be read as sound. Received: {counted(corrupt, 'file')}, {listed(corrupt)}"
            )


class _Entry(NamedTuple):
    """What the name of a file says of it."""

    path: Path
    split: str | None
    label: str | None
    group: str | None


def _sound_files(root: Path) -> tuple[list[Path], list[Path]]:
    """The files of sound below a folder, and those that look like sound and are not read."""
    visible = visible_files(root)
    named = [path for path in visible if path.suffix.lower() in SUFFIXES]
    files = [path for path in named if path.is_file()]
    # A link to nothing is named as sound.
    unread = [path for path in visible if path.suffix.lower() in OTHER_SUFFIXES] + sorted(set(named) - set(files))
    if not files:
        others = f" It holds {listed(unread)}, which cannot be read." if unread else ""
        raise ValueError(
            f"The folder holds no file of sound ({' '.join(SUFFIXES)}).{others} Received: source={printable(root)!r}"
        )
    return files, unread


def _class_names(labels: list[str | None]) -> tuple[str, ...] | None:
    """The different labels, numbers in their order; None without labels."""
    names = set(labels)
    if None in names:
        return None
    are_numbers = all(name.isascii() and name.isdigit() for name in names)
    return tuple(sorted(names, key=lambda name: (int(name), name) if are_numbers else (0, name)))


def _only_rate(rates: dict[int, list[Path]]) -> int:
    if len(rates) > 1:
        (one, first), (other, second) = sorted(rates.items())[:2]
        raise ValueError(
            f"All recordings must have the same sample rate, but {printable(first[0])} has {one} Hz and "
            f"{printable(second[0])} has {other} Hz: give a `sample_rate`, to which they are resampled. "
            f"Received: sample_rate=None"
        )
    return next(iter(rates))


def _notes_on_files(unread: list[Path], outside_of_splits: list[Path]) -> Iterator[str]:
    if unread:
        yield (
            "Left out what looks like sound, but has a format that is not read, or is a link to nothing: "
            f"{counted(unread, 'file')}, {listed(unread)}"
        )
    if outside_of_splits:
        yield (
            "Only the recordings in the folders of the splits are read, without "
            f"{counted(outside_of_splits, 'file')} next to them: {listed(outside_of_splits)}"
        )


def _notes_on_sounds(count: int, corrupt: list[Path], short: list[Path], num_samples: int) -> Iterator[str]:
    if corrupt:
        yield f"Left out {len(corrupt)} of {count} recordings that cannot be read as sound: {listed(corrupt)}"
    if short:
        yield (
            f"Left out {len(short)} of {count} recordings that are shorter than {num_samples} samples: {listed(short)}"
        )


def _compiled(pattern: str) -> re.Pattern:
    try:
        compiled = re.compile(pattern)
        parts = set(compiled.groupindex)
    except (TypeError, ValueError, re.error) as error:
        raise ValueError(f"`pattern` must be a regular expression: {error}. Received: pattern={pattern!r}") from error
    if not isinstance(pattern, str) or not parts or parts - {_LABEL, _GROUP}:
        raise ValueError(
            "`pattern` must be a text whose named parts are 'label', 'group' or both, as in "
            f"r'(?P<label>\\d)_(?P<group>[a-z]+)_\\d+'. Received: pattern={pattern!r}"
        )
    return compiled


def _require_names(held_out) -> tuple[str, ...] | None:
    if held_out is None:
        return None
    if not isinstance(held_out, list | tuple) or not held_out or not all(isinstance(name, str) for name in held_out):
        raise ValueError(
            "`held_out` must be a list of names of groups, with at least one of them, such as ['theo']; or None. "
            f"Received: held_out={held_out!r:.80}"
        )
    return tuple(held_out)


def _some(names: list[str]) -> str:
    return ", ".join(map(repr, names[:20])) + ", ..." * (len(names) > 20)
