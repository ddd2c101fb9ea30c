"""The spoken digits of the FSDD, and what the benchmarks of sound share: pictures of mels, and WAV files."""

import pathlib
import re
import tarfile

import numpy as np
import tensorflow as tf

import keras_gan

RATE = 8000
# {digit}_{speaker}_{index}.wav; the indices 0 to 4 are the test set of the FSDD.
NAME = re.compile(r"(?P<label>\d)_(?P<group>[a-z]+)_(?P<index>\d+)\.wav")
PATTERN = r"(?P<label>\d)_(?P<group>[a-z]+)_\d+"
# The logarithms of mels are from silence to about this number.
_LOW, _HIGH = float(np.log(1e-5)), 2.0


def unpack(archive, folder, split_of):
    """Unpack the recordings of an archive into one folder for each split.

    Args:
        archive: path of fsdd.tar.gz.
        folder: where the folders of the splits go.
        split_of: function of the digit, the speaker and the index of a recording that returns the name of its split,
            or None to leave it out.
    """
    with tarfile.open(archive) as files:
        for member in files:
            name = pathlib.PurePosixPath(member.name).name
            found = NAME.fullmatch(name)
            split = found and split_of(int(found["label"]), found["group"], int(found["index"]))
            if split:
                path = pathlib.Path(folder, split, name)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(files.extractfile(member).read())


def recordings(folder, **options):
    """The recordings that `unpack` wrote, all as loud as each other: speakers differ in their distance."""
    return keras_gan.data.Recordings(folder, pattern=PATTERN, peak=0.9, **options)


def waveforms(folder, split, num_samples, **options):
    """Return the middle of each recording of a split, float32 `(num_recordings, num_samples, 1)`, and its digit."""
    source = recordings(folder, **options)
    data = keras_gan.data.load_recordings(source, split=split, num_samples=num_samples, batch_size=1, labels=True)
    batches = list(data.one_pass())
    return tuple(np.concatenate([batch[name] for batch in batches]) for name in ("waveforms", "labels"))


def pictures(mels):
    """Logarithms of mels `(count, frames, bands)` as pictures in [-1, 1], `(count, frames, bands, 1)`."""
    return np.clip(2.0 * (np.asarray(mels) - _LOW) / (_HIGH - _LOW) - 1.0, -1.0, 1.0)[..., np.newaxis]


def save_wavs(folder, name, waves):
    """Write recordings one after another as one WAV file, with a pause of a fifth of a second between two."""
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    joined = np.pad(waves[..., 0], ((0, 0), (0, RATE // 5))).reshape(-1, 1)
    (folder / f"{name}.wav").write_bytes(tf.audio.encode_wav(joined, RATE).numpy())
