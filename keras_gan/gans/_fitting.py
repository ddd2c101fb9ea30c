"""How a GAN goes through its data."""

import warnings

import numpy as np
import tensorflow as tf

from keras_gan._fit_control import FitPosition
from keras_gan._replicas import lost_workers_explained, worker_count
from keras_gan.gans import _compilation, _inputs
from keras_gan.gans._pieces import Pieces


class Fitting:
    """The half of `TwoPlayerGAN` that hands it data: `fit` and `evaluate`."""

    @lost_workers_explained()
    def fit(self, x=None, y=None, batch_size=None, epochs=1, **options):
        """Train; as `keras.Model.fit`, with what a GAN's data need.

        Each training step takes `discriminator_steps` batches of the data and makes one generator update, so an epoch
        has as many fewer steps. An endless data set that says how many batches make an epoch, as those of
        `keras_gan.data.load` do in `steps_per_epoch`, needs no `steps_per_epoch` here.

        The place in such data, and in an array, is the number of training steps that the GAN has taken: a GAN that
        was loaded, or that a `keras_gan.callbacks.Checkpoint` restores, goes on with the images that come next.

        Args:
            x: tf.data.Dataset of batches of images, or an array or tensor of images: float in [-1, 1], shape
                `(batch, *sample_shape)`. Incomplete batches are left out.
            y: not taken: an unconditional GAN has no labels.
            batch_size: int, images in a minibatch where `x` is an array; 32 by default.
            epochs: int.
            **options: as in `keras.Model.fit`: callbacks, verbose, shuffle, initial_epoch, steps_per_epoch,
                validation_data and so on.

        Returns:
            keras.callbacks.History.

        Raises:
            ValueError: before `compile`, or for data that are labelled, of a wrong shape, type or range, not finite,
                empty, fewer than a batch, or endless without `steps_per_epoch`.
            ConnectionError: if another of several workers has stopped.
        """
        if not self.compiled:
            raise ValueError("Call `compile()` before `fit()`: it sets the optimizers. Received: compiled=False")
        _compilation.refuse_fit_options(options)
        seed = (lambda: np.asarray(self.training_state.seed)) if options.pop("shuffle", True) else None
        images = self._images(_inputs.for_training(_inputs.unlabelled((x, y)), batch_size, seed))
        steps, known_steps = self._steps_per_epoch(images, options.pop("steps_per_epoch", None))
        self._prepare_validation(options, images.batch_size)
        self.images_per_step = images.batch_size * self.discriminator_steps
        verbose = options.pop("verbose", "auto")
        callbacks = Pieces(options.pop("callbacks", None), self, verbose=verbose, epochs=epochs, steps=known_steps)
        position = self._begin(callbacks, images, FitPosition(options.pop("initial_epoch", 0)))

        def fit_piece(position, last_epoch):
            left = None if steps is None else steps - position.steps
            self._fit_piece(
                self._batches(images, position),
                callbacks,
                initial_epoch=position.epoch,
                epochs=last_epoch,
                steps_per_epoch=left,
                verbose=verbose,
                **options,
            )

        callbacks.run(position, fit_piece)
        return self.history

    @lost_workers_explained()
    def evaluate(self, x=None, y=None, batch_size=None, **options):
        """Both losses on images that training does not see, and metrics; as `keras.Model.evaluate`, on data of `fit`.

        Args:
            x: tf.data.Dataset of batches of images, or an array or tensor of images.
            y: not taken.
            batch_size: int, images in a batch where `x` is an array; 32 by default.
            **options: as in `keras.Model.evaluate`: verbose, steps, callbacks, return_dict; and `evaluator`, a
                `keras_gan.metrics.Evaluator`, which compares samples of the averaged generator with these images.

        Returns:
            `[d_loss, g_loss]`, followed by the evaluator's values, or a dict of them with `return_dict=True`.

        Raises:
            ValueError: for data that `fit` would refuse.
        """
        evaluator = options.pop("evaluator", None)
        if evaluator is not None:
            return self._evaluate_samples(evaluator, x, y, batch_size, options)
        # `fit` calls this after each epoch, with data that it has prepared.
        if not options.get("_use_cached_eval_dataset"):
            images = self._images(_inputs.for_evaluation(_inputs.unlabelled((x, y)), batch_size))
            x, batch_size = images.batches(), None
            options["steps"] = _inputs.steps_per_epoch(images, x, options.get("steps"), name="steps")
        return super().evaluate(x, batch_size=batch_size, **options)

    def _evaluate_samples(self, evaluator, x, y, batch_size, options):
        return_dict = options.pop("return_dict", False)
        losses = self.evaluate(x, y, batch_size, return_dict=True, **options)
        values = evaluator.compare(self, x, verbose=int(options.get("verbose", "auto") in (1, "auto"))).numbers()
        return {**losses, **values} if return_dict else [*losses.values(), *values.values()]

    def reset_metrics(self):
        """Begin the means over an epoch anew; not where training goes on in the middle of one."""
        if self.__dict__.pop("_epoch_goes_on", False):
            return
        super().reset_metrics()

    def _images(self, source):
        return _inputs.Images(source, self.sample_shape)

    def _batches(self, images, position):
        """The data from where the GAN is, one element a training step."""
        start = int(np.asarray(self.training_state.step)) * self.discriminator_steps
        dataset = images.batches(start, skipped=position.steps * self.discriminator_steps)
        strategy = self.distribute_strategy
        return _inputs.gather(
            dataset,
            images.batch_size,
            self.discriminator_steps,
            strategy.num_replicas_in_sync,
            worker_count(strategy),
        )

    def _steps_per_epoch(self, images, asked):
        """Training steps in an epoch: the number to give to Keras (None to let the data end it), and what is known."""
        dataset = self._batches(images, FitPosition(0))
        steps = _inputs.steps_per_epoch(images, dataset, asked, discriminator_steps=self.discriminator_steps)
        cardinality = int(dataset.cardinality())
        return steps, steps if steps is not None or cardinality < 0 else cardinality

    def _prepare_validation(self, options, batch_size):
        data = options.get("validation_data")
        if data is None:
            return
        data = _inputs.unlabelled(data)
        images = self._images(_inputs.for_evaluation(data, batch_size if _inputs.is_array(data) else None))
        options["validation_data"] = images.batches()
        options["validation_steps"] = _inputs.steps_per_epoch(
            images, options["validation_data"], options.get("validation_steps"), name="validation_steps"
        )

    def _begin(self, callbacks, images, position):
        """Where training begins: at `position`, or where a callback that restored the GAN says."""
        resumed = callbacks.resumed_position()
        if resumed is None:
            return position
        if not images.place_is_known:
            warnings.warn(
                "Training goes on, but its data begin anew: a tf.data.Dataset does not say where it was. For the same "
                "images as in a run that was never stopped, give `fit` an array or what `keras_gan.data.load` returns.",
                stacklevel=3,
            )
        return resumed

    def _fit_piece(self, dataset, callbacks, *, initial_epoch, **options):
        """Run Keras's `fit` on data laid out for the training step."""
        with warnings.catch_warnings():
            # Keras takes the end of a data set of unknown length for a mishap.
            if dataset.cardinality() == tf.data.UNKNOWN_CARDINALITY:
                warnings.filterwarnings("ignore", "Your input ran out of data")
            try:
                super().fit(dataset, shuffle=False, callbacks=callbacks, initial_epoch=initial_epoch, **options)
            except tf.errors.InvalidArgumentError as error:
                raise _inputs.bad_value_error(error) or error from None

    def _maybe_symbolic_build(self, *args, **kwargs):
        """Do nothing: a GAN is built, and Keras would take a batch from the data for it that is then not trained on."""
