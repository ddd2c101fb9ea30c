"""The data sets of TensorFlow Datasets."""

import contextlib
import io
import os
import pathlib
import re
import sys
from collections.abc import Iterator, Sequence

import numpy as np
import tensorflow as tf
from absl import logging

from keras_gan._arguments import did_you_mean, require_bool
from keras_gan._files import local_path
from keras_gan.data._tree import identity_of_files
from keras_gan.data.source import ImageData, ImageStream, Prepare, Source


class TFDS(Source):
    """A data set of TensorFlow Datasets, by its name there.

    The images are its feature "image", and the labels its feature "label" if that is one integer. Nothing is
    downloaded unless `download=True`. If all the files that the data set would download are in
    `<data_dir>/downloads/manual/`, it is prepared from these files.

    A data set that is stored as ArrayRecord is read by random access, so a cache that was interrupted continues at
    once. One that is stored as TFRecord, which is the default of TFDS, is decoded again up to that place.

    Args:
        name: such as "fashion_mnist", "emnist/balanced" or "cifar10:3.0.2".
        data_dir: where prepared data sets are; by default the environment's TFDS_DATA_DIR, or
            ~/tensorflow_datasets.
        download: whether to download and prepare a data set that does not exist yet.

    Raises:
        FileNotFoundError: if the data set does not exist here, and `download` is False.
        ValueError: if there is no data set of this name (the error suggests the nearest one), no such split, or its
            images are not uint8.
    """

    def __init__(self, name: str, *, data_dir: str | os.PathLike | None = None, download: bool = False):
        if not isinstance(name, str) or not name.strip():
            raise ValueError(f"`name` must be the name of a TensorFlow data set. Received: name={name!r}")
        self.name = name
        self.data_dir = None if data_dir is None else local_path("data_dir", data_dir)
        self.download = require_bool("download", download)

    def splits(self) -> tuple[str, ...]:
        """Return the splits of the data set, which is prepared for it."""
        return tuple(map(str, self._prepared_builder().info.splits))

    def read(self, split: str, prepare: Prepare) -> ImageData:
        """Return one split of the data set; TFDS's own slices, such as "train[:10%]", are splits too."""
        return self.stream(split, prepare).collected()

    def stream(self, split: str, prepare: Prepare) -> ImageStream:
        """Read as `read` does. Another version, or other files of it, make another cache."""
        import tensorflow_datasets as tfds

        builder = self._prepared_builder()
        features = builder.info.features
        has_random_access = builder.info.file_format in tfds.core.FileFormat.with_random_access()
        dataset = self._data_source(builder, split) if has_random_access else self._dataset(builder, split)

        def examples(start: int) -> Iterator[tuple[np.ndarray, int]]:
            pairs = _picked(dataset, start, features) if has_random_access else _decoded(dataset.skip(start), features)
            return ((prepare(image), label) for image, label in pairs)

        names = getattr(features["label"], "names", None) if _has_labels(features) else None
        folder = pathlib.Path(builder.data_path)
        files = sorted(path for path in folder.glob("*") if path.is_file())
        key = {"data_set": builder.info.full_name, **identity_of_files(folder, files)}
        return ImageStream(key, len(dataset), examples, tuple(names) if names else None)

    def _prepared_builder(self):
        builder = self._builder()
        self._check_features(builder)
        if self.download or _has_manual_files(builder):
            with _bars_on_terminals_only():
                builder.download_and_prepare()
        return builder

    def _builder(self):
        # Imported here, because the import takes time and only this source needs it.
        import tensorflow_datasets as tfds

        try:
            with _without_absl_warnings():
                return tfds.builder(self.name, data_dir=self.data_dir)
        except ValueError as error:
            names = ["digits", *tfds.list_builders(with_community_datasets=False)]
            if re.split("[:/]", self.name)[0] in names:
                raise  # The version or the configuration is wrong, and the error of TFDS lists the existing ones.
            raise ValueError(
                f"No folder, file or TensorFlow data set has this name.{self._near(names)} "
                f"Received: source={self.name!r}"
            ) from error

    def _near(self, names):
        """Return ' Did you mean ...?' for what is nearest of the data sets and of the files where this one would be."""
        path = pathlib.Path(self.name).expanduser()
        try:
            files = [str(file) for file in path.parent.iterdir()]
        except OSError:
            files = []
        # A name of a data set has no slash at its end.
        return did_you_mean(path, files if self.name.endswith("/") else [*names, *files])

    def _check_features(self, builder) -> None:
        features = builder.info.features
        if "image" not in features:
            raise ValueError(
                f"The data set has no feature 'image', only: {', '.join(features)}. Received: source={self.name!r}"
            )
        dtype = np.dtype(features["image"].np_dtype)
        if dtype != np.uint8:
            raise ValueError(
                f"The images of the data set must be uint8, but they are {dtype}. Received: source={self.name!r}"
            )

    def _dataset(self, builder, split: str) -> tf.data.Dataset:
        import tensorflow_datasets as tfds

        # The images are read only once: the cache of TFDS would be a second copy of them.
        config = tfds.ReadConfig(try_autocache=False)
        with self._tfds_errors(builder, split):
            return builder.as_dataset(split=split, read_config=config)

    def _data_source(self, builder, split: str) -> Sequence:
        with self._tfds_errors(builder, split):
            return builder.as_data_source(split=split)

    @contextlib.contextmanager
    def _tfds_errors(self, builder, split: str) -> Iterator[None]:
        try:
            yield
        except AssertionError as error:
            root = builder.data_dir_root
            raise FileNotFoundError(
                f"The data set is not in {root}, and is not downloaded by default. Pass "
                f'keras_gan.data.TFDS("{self.name}", download=True), or put its original files into '
                f"{root / 'downloads' / 'manual'}, or load a folder of images. Received: source={self.name!r}"
            ) from error
        except ValueError as error:
            listed = ", ".join(repr(str(name)) for name in builder.info.splits)
            raise ValueError(f"{self.name} has no such split. It has: {listed}. Received: split={split!r}") from error


def _picked(examples: Sequence, start: int, features) -> Iterator[tuple[np.ndarray, int]]:
    """Yield the images and labels of examples that can be read in any order, from one on."""
    labelled = _has_labels(features)
    for number in range(start, len(examples)):
        with _without_absl_warnings():
            example = examples[number]
        yield example["image"], example["label"] if labelled else -1


def _decoded(dataset: tf.data.Dataset, features) -> Iterator[tuple[np.ndarray, int]]:
    labelled = _has_labels(features)
    dataset = dataset.map(lambda example: (example["image"], example["label"] if labelled else -1))
    # One conversion to NumPy for many images takes a third of the time, but needs images of one size.
    dataset = dataset.batch(1 if None in features["image"].shape else 256)
    for images, labels in dataset.as_numpy_iterator():
        yield from zip(images, labels, strict=True)


def _has_labels(features) -> bool:
    """Whether the labels are integers. Test splits of TFDS mark a missing label with -1."""
    has_one = "label" in features and features["label"].shape == ()
    return has_one and np.issubdtype(features["label"].np_dtype, np.integer)


def _has_manual_files(builder) -> bool:
    manual = builder.data_dir_root / "downloads" / "manual"
    files = builder.url_infos
    return bool(files) and all(info.filename and (manual / info.filename).is_file() for info in files.values())


@contextlib.contextmanager
def _bars_on_terminals_only() -> Iterator[None]:
    """Hide the progress bars of TFDS outside a terminal: they redraw several times a second, which fills a log file."""
    with contextlib.ExitStack() as stack:
        if not sys.stderr.isatty():
            stack.enter_context(contextlib.redirect_stderr(io.StringIO()))
        yield


@contextlib.contextmanager
def _without_absl_warnings() -> Iterator[None]:
    """Hide the warning of TFDS about a data set that is not prepared yet: our error is clearer."""
    verbosity = logging.get_verbosity()
    logging.set_verbosity(logging.ERROR)
    try:
        yield
    finally:
        logging.set_verbosity(verbosity)
