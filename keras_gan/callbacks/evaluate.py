"""Metrics on samples during training."""
# ruff: noqa: ARG002 - Keras fixes the signatures of the hooks.

import math

import keras
import tensorflow as tf

from keras_gan._arguments import require_choice, require_int
from keras_gan._files import remove_leftovers, writable_directory
from keras_gan.callbacks._disk_guard import DiskGuard
from keras_gan.callbacks._own_files import require_own_files
from keras_gan.callbacks._steps import training_step
from keras_gan.callbacks.progress import has_progress

_BEST = "best.keras"
_BEST_REPORT = "best.json"
# The splits of one source for training and for the evaluation that share no image.
_APART = ("train", "test")


class Evaluate(keras.callbacks.Callback):
    """Measures what the averaged network makes every few epochs, and keeps the best model.

    The losses of a GAN do not tell when to stop. A distance to images that training did not see does. The values are
    added to the epoch's logs under the names of the metrics, so that `history` and the callbacks further down the list
    have them. The features of the real images are computed once, before training; if the evaluator has a `cache_dir`,
    once for all runs.

    Each evaluation writes the whole `Report` to `evaluation_0003.json` (after three epochs). The best GAN by the named
    metric is saved to `best.keras`, and its report to `best.json`. A reader never sees a part of a file. A write that
    fails gives one warning and does not stop training. With several workers only the chief writes. A `Checkpoint`
    stores the best value, so a resumed run remembers it.

    For images of your own without labels, or without test images, these lines do:

        options = {"image_size": 64, "batch_size": 16}  # no more than there are test images
        train, test = (keras_gan.data.load("pictures/", split=split, **options) for split in ("train", "test"))
        evaluator = keras_gan.metrics.Evaluator(keras_gan.metrics.train_extractor(train), num_images=2_000)
        gan.fit(train, epochs=50, callbacks=[keras_gan.callbacks.Evaluate(test, evaluator, floor=train)])

    A translator, whose losses tell even less, is measured on held-out pairs:

        train, test = (keras_gan.data.load_pairs("facades/", split=split) for split in ("train", "test"))
        evaluate = keras_gan.callbacks.Evaluate(
            test, keras_gan.metrics.PairEvaluator(), directory="runs/facades", best="ssim")

    A model with an encoder is measured on how well it reconstructs held-out images:

        evaluator = keras_gan.metrics.ReconstructionEvaluator(["psnr", "elbo"])  # "elbo" for a `VAE` alone
        evaluate = keras_gan.callbacks.Evaluate(test, evaluator, directory="runs/vae", best="elbo")

    Args:
        images: real images that the GAN is not trained on: what `keras_gan.data.load(..., split="test")` returns,
            another finite tf.data.Dataset of batches, or an array; float in [-1, 1]. For a
            `keras_gan.metrics.PairEvaluator`, pairs: a data set of dicts, or a dict of arrays. For a
            `keras_gan.metrics.AnomalyEvaluator`, labelled images: a data set, or a dict of `images` and `labels`. For a
            `keras_gan.metrics.VocoderEvaluator`, recordings: a data set, or a dict of `waveforms`. For a
            `keras_gan.metrics.TextEvaluator`, texts: a data set, or a dict of `tokens`.
        evaluator: `keras_gan.metrics.Evaluator`, `PairEvaluator`, `ReconstructionEvaluator`, `VocoderEvaluator`,
            `TextEvaluator` or `AnomalyEvaluator`, or an object with their `real`, `compare`, `better` and `floor`, and
            with `needs` if what it calls is not `model.generate`.
        every: epochs between evaluations. The last epoch always has one.
        directory: where the files go. It is made if it does not exist. None writes no files.
        best: name of the value that decides which GAN is best, such as "frechet_distance". None keeps no GAN.
        floor: real training images in the same form, for the floor of each value in the reports; or None.
        log_dir: directory for TensorBoard, which shows the values as "evaluation/<name>".

    Raises:
        ValueError: if an argument is out of range, or the evaluator has no value `best`, or `best` is given without a
            directory; when training begins, if the evaluator refuses the images, the model has not the method that
            the evaluator needs (such as `generate` or `score`), it trains on the images that are held out, or another
            `Evaluate` of this training has the same directory.

    Example:
        >>> import pathlib, tempfile, warnings
        >>> import keras_gan, numpy as np
        >>> images = np.random.default_rng(0).uniform(-1, 1, (64, 8, 8, 1)).astype("float32")
        >>> pixels = keras_gan.metrics.ModelExtractor(lambda images: images[:, 0, :, 0], name="row", fingerprint="1")
        >>> evaluator = keras_gan.metrics.Evaluator(pixels, num_images=64)
        >>> gan = keras_gan.NonSaturatingGAN(*keras_gan.networks.mlp(image_shape=(8, 8, 1), latent_dim=4, width=8))
        >>> gan.compile(run_eagerly=True)
        >>> directory = pathlib.Path(tempfile.mkdtemp())
        >>> evaluate = Evaluate(images, evaluator, directory=directory, best="frechet_distance")
        >>> with warnings.catch_warnings(action="ignore"):
        ...     history = gan.fit(images, callbacks=[evaluate], verbose=0)
        >>> len(history.history["frechet_distance"])
        1
        >>> sorted(path.name for path in directory.iterdir())
        ['best.json', 'best.keras', 'evaluation_0001.json']
    """

    def __init__(self, images, evaluator, *, every=1, directory=None, best=None, floor=None, log_dir=None):
        super().__init__()
        self.images = _require_images("images", images)
        self.evaluator = _require_evaluator(evaluator)
        self.every = require_int("every", every)
        self.best = best
        self.floor = None if floor is None else _require_images("floor", floor)
        if best is not None:
            require_choice("best", best, evaluator.better)
        if best is not None and directory is None:
            raise ValueError(f"To keep the best GAN, give a `directory`. Received: directory=None, best={best!r}")
        self.directory = None if directory is None else writable_directory(directory, "directory")
        self.log_dir = None if log_dir is None else writable_directory(log_dir, "log_dir")
        self.best_value = self.best_epoch = None
        self._ends_line = True

    def on_fit_begin(self, callbacks):
        """Refuse another one in the same directory, and note whose line is in progress when an epoch ends."""
        require_own_files(self, callbacks)
        self._ends_line = not has_progress(callbacks)

    def on_train_begin(self, logs=None):
        """Compute the features of the real images."""
        _require_method(self.model, self.evaluator)
        _require_not_trained_on(self.images, self.params.get("data", {}))
        self.best_value = self.best_epoch = None
        self._guard = DiskGuard(f"some of the evaluations in {self.directory}")
        verbose = self._verbose()
        self._real = self.evaluator.real(self.images, verbose=verbose)
        self._floors = None if self.floor is None else self.evaluator.floor(self.floor, self._real)
        self._is_chief = self.model.distribute_strategy.extended.should_checkpoint
        if self.directory is not None and self._is_chief:
            remove_leftovers(self.directory, "*.json")
        writes_logs = self.log_dir is not None and self._is_chief
        self._writer = tf.summary.create_file_writer(str(self.log_dir)) if writes_logs else None

    def on_epoch_begin(self, epoch, logs=None):
        """Warn about what went wrong in the previous epoch."""
        self._guard.warn()

    def on_epoch_end(self, epoch, logs=None):
        """Evaluate every `every` epochs and after the last."""
        number = epoch + 1
        if number % self.every and number != self.params["epochs"]:
            return
        if self._ends_line and self._verbose():
            print()  # noqa: T201 - Keras's own progress bar is on this line
        report = self.evaluator.compare(
            self.model, self._real, floor=self._floors, intervals=False, verbose=self._verbose()
        )
        numbers = report.numbers()
        if logs is not None:
            logs.update(numbers)
        if self._is_chief:
            self._write(number, report, numbers)
        if self.best is not None:
            self._keep_if_best(number, report)

    def on_train_end(self, logs=None):
        """Close the log, and warn about what went wrong in the last epoch."""
        if self._writer is not None:
            with self._guard:
                self._writer.close()
        self._guard.warn()

    def get_state(self):
        """Return the best value so far and its epoch, for checkpoints."""
        return {"best_value": self.best_value, "best_epoch": self.best_epoch}

    def set_state(self, state):
        """Restore what `get_state` returned."""
        self.best_value, self.best_epoch = state["best_value"], state["best_epoch"]

    def _write(self, number, report, numbers):
        if self.directory is not None:
            with self._guard:
                report.save(self.directory / f"evaluation_{number:04d}.json")
        if self._writer is not None:
            with self._guard, self._writer.as_default(), tf.summary.record_if(True):
                # On the axis of the losses.
                step = training_step(self.model, number)
                for name, value in numbers.items():
                    tf.summary.scalar(f"evaluation/{name}", value, step=step)
                self._writer.flush()

    def _keep_if_best(self, number, report):
        result = report[self.best]
        if not math.isfinite(result.value) or (self.best_value is not None and not result.beats(self.best_value)):
            return
        self.best_value, self.best_epoch = result.value, number
        if self._is_chief:
            with self._guard:
                self.model.save(self.directory / _BEST)
                report.save(self.directory / _BEST_REPORT)

    def _verbose(self):
        return int(self.params.get("verbose") in (1, "auto"))


def _require_not_trained_on(images, trained):
    """Raise if a GAN trains on some of the images, or on all: on those that `keras_gan.data.load` holds out, too.

    Args:
        images: the images for the evaluation.
        trained: dict, the identity of the training data.
    """
    held_out = getattr(images, "identity", {})
    is_same_source = "split_of" in held_out and held_out["split_of"] == trained.get("split_of")
    # Who asks for "train" alone knows what the numbers mean.
    is_meant = is_same_source and (held_out["split"] == "train" or (trained["split"], held_out["split"]) == _APART)
    if is_same_source and not is_meant:
        raise ValueError(
            "The GAN trains on images that it is to be measured against. Load them with "
            '`keras_gan.data.load(source, split="train")` for training, and with `split="test"` for the evaluation. '
            f"Received: training images of split={trained['split']!r}, images of split={held_out['split']!r}"
        )


def _require_method(model, evaluator):
    """Raise a ValueError if a model has not what an evaluator measures."""
    method = getattr(evaluator, "needs", "generate")
    if hasattr(model, method):
        return
    other = {"generate": "translate", "translate": "generate"}.get(method)
    if other is not None and hasattr(model, other):
        name, data = {"generate": ("Evaluator", "images"), "translate": ("PairEvaluator", "pairs")}[other]
        remedy = f"This model has `{other}`: give held-out {data} and a `keras_gan.metrics.{name}`."
    elif method == "elbo" and hasattr(model, "reconstruct"):
        remedy = 'Leave "elbo" and "bits_per_dim" out of the metrics: only a `VAE` has a bound of its likelihood.'
    else:
        remedy = f"Use a keras_gan model that has it, or give the model a `{method}`."
    raise ValueError(
        f"The evaluator measures what `model.{method}` returns, and this model has no such method. {remedy} "
        f"Received: model={type(model).__name__}, evaluator={type(evaluator).__name__}"
    )


def _require_evaluator(evaluator):
    if all(hasattr(evaluator, name) for name in ("real", "compare", "better", "floor")):
        return evaluator
    raise ValueError(
        "`evaluator` must be a `keras_gan.metrics.Evaluator`, or have its `real`, `compare`, `better` and `floor`. "
        f"Received: evaluator={evaluator!r}"
    )


def _require_images(name, images):
    """Return a data set, an array of images or a dict of such arrays, or raise; the evaluator checks their values."""
    is_dict = isinstance(images, dict) and images
    if isinstance(images, tf.data.Dataset) or is_dict or len(getattr(images, "shape", ())) in (4, 5):
        return images
    raise ValueError(
        f"`{name}` must be real images: a tf.data.Dataset of batches, or an array `(num_images, height, width, "
        "channels)`; or clips, with an axis for their frames; or pairs for a `PairEvaluator`, or images with labels "
        "for an `AnomalyEvaluator`, as a data set or a dict of arrays. "
        f"Received: {name} of type {type(images).__name__}"
    )
