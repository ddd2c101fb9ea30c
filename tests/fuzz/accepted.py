"""What the calls of the fuzz accept, reviewed: each is an answer that a user may expect.

`EVERYWHERE` holds the values of an argument that mean the same wherever it appears, `HERE` those of one callable, by
`room.name.argument`. A value in neither is refused, or the fuzz fails.
"""

_ANY_NUMBER = {"minus one", "zero", "fraction", "2^40", "2^70"}
_POSITIVE = {"fraction", "2^40", "2^70"}
_NOT_NEGATIVE = _POSITIVE | {"zero"}
_FLAG = {"True"}
_NONE = {"None"}
# Of a record: what uses it checks what it holds.
_ANYTHING = {
    *("None", "text", "no text", "bytes", "minus one", "zero", "fraction", "NaN", "infinity", "2^40", "2^70", "1e308"),
    *("True", "complex", "empty list", "empty dict", "list of None", "ragged list", "object", "function", "class"),
    *("empty array", "array", "array of text", "NaN of numpy"),
}
# What an array is made into.
_ARRAY = {
    *("no rows", "another rank", "flat", "another size", "fewer rows", "NaN inside", "huge inside", "integers"),
    *("uint8", "complex inside", "text inside", "objects inside", "booleans"),
}
# Losses, penalties and augmentations check types, which are free, and leave the values to the training step.
_ANY_VALUES = {"fewer rows", "NaN inside", "huge inside"}
_ANY_SHAPE = _ANY_VALUES | {"array", "another rank", "flat", "another size"}
_LOGITS = _ANY_SHAPE | {"integers", "uint8"}
# Features may be counts and flags, and any number of samples.
_FEATURES = {"fewer rows", "huge inside", "integers", "uint8", "booleans"}

# A function of the user's own may do as it likes.
FUNCTIONS = {"mapping"}

EVERYWHERE = {
    "augmentation": {"empty list"},
    "averaged": _FLAG,
    "begin": {"zero", "2^40"},
    "cache_dir": {"None", "text"},
    "callbacks": {"None", "empty list"},
    "center": _FLAG,
    "channels": _NONE,
    "cycle_weight": _NOT_NEGATIVE,
    "data_dir": {"None", "text"},
    "dequantize": _FLAG,
    "directory": {"text"},
    "discriminator_dropout": {"zero"},
    "discriminator_normalization": _NONE,
    "download": _FLAG,
    "ema_half_life": _NONE | _POSITIVE,
    "epsilon": _POSITIVE,
    "extractor": _NONE,
    "facts": {"None", "empty dict"},
    "flip": _FLAG,
    "floor": _NONE,
    "folder": {"text"},
    "generator_normalization": _NONE,
    "gif": _FLAG,
    "identity_weight": _NOT_NEGATIVE,
    "image_size": _NONE,
    "initial_epoch": {"zero"},
    "intervals": _FLAG,
    "jit_compile": _FLAG,
    "learning_rate": _NOT_NEGATIVE,
    "log_dir": {"None", "text"},
    # Keras takes an empty name for none.
    "name": {"None", "text", "no text"},
    "num_classes": _NONE,
    "padding": {"zero"},
    "penalties": {"empty list"},
    "preprocessing": _NONE,
    "quantize": _FLAG,
    "return_dict": _FLAG,
    "run_dir": {"text"},
    "scale": _FLAG | _NONE,
    "seed": {"zero", "None"},
    "sha256": _NONE,
    "shuffle": _FLAG,
    "signatures": {"None", "empty dict"},
    "skip_corrupt": _FLAG,
    "spectral_normalization": _FLAG,
    "start_step": {"zero"},
    "steps_per_epoch": _NONE,
    "trainable": _FLAG,
    "validation_data": _NONE,
    # Keras validates after the epochs of a list, here after none.
    "validation_freq": {"empty list"},
    "validation_steps": _NONE,
    "verbose": {"zero", "True"},
    "warm_up_steps": {"zero"},
    "weight": _NOT_NEGATIVE,
    "y": _NONE,
}

HERE = {
    "augmentation.DiffAugment.strength": {"zero"},
    "augmentation.DiffAugment().images": _ANY_VALUES | {"another size"},
    "augmentation.InstanceNoise.level": _NOT_NEGATIVE,
    "augmentation.InstanceNoise().images": _ANY_SHAPE,
    "augmentation.uniform_per_image.images": _ANY_SHAPE,
    "augmentation.uniform_per_image.shape": {"empty list"},
    "callbacks.Evaluate.best": _NONE,
    # The evaluator looks at the values, before training.
    "callbacks.Evaluate.images": _ARRAY - {"another rank", "flat"},
    # The first picture, before training, shows whether the model takes them.
    "callbacks.ImageSnapshots.inputs": {"None", "empty dict", "empty array", "array", "array of text"},
    "callbacks.TrainingHealth.checkpoint": _NONE,
    "callbacks.TrainingHealth.directory": _NONE,
    # Samples may be vectors.
    "callbacks.TrainingHealth.images": {"None", "array", "another size", "fewer rows"},
    "callbacks.TrainingHealth.rollbacks": {"zero"},
    "callbacks.image_grid.columns": _NONE,
    # NaN is drawn black, and other values are clipped, as documented.
    "callbacks.image_grid.images": _ANY_VALUES,
    "data.Arrays.images": {"another size", "uint8"},
    "data.Arrays.labels": {"None", "flat", "integers", "uint8"},
    "data.ImageData.class_names": _ANYTHING,
    "data.ImageData.images": _ANYTHING | _ARRAY,
    "data.ImageData.labels": _ANYTHING | _ARRAY,
    "data.ImageStream.class_names": _ANYTHING,
    "data.ImageStream.examples": _ANYTHING,
    "data.ImageStream.key": _ANYTHING,
    "data.ImageStream.names": _ANYTHING,
    "data.ImageStream.notes": _ANYTHING,
    "data.ImageStream.num_images": _ANYTHING,
    "data.Folder.path": {"text"},
    "data.Preprocessing.crop": _NONE,
    "data.load.source": {"another size", "fewer rows", "uint8"},
    "data.load (source).labels": _FLAG,
    # The source of this call does not look at the split.
    "data.load (source).split": {"None", "text", "no text"},
    "data.load (folder).split": _NONE,
    "data.load.split": _NONE,
    "export.ExportedGenerator.generate.labels": _NONE,
    "export.ExportedGenerator.generate.latents": _NONE,
    "export.save.card": {"None", "empty dict"},
    "export.save.version": {"None", "2^40"},
    "export.write_serving_config.batch_timeout_micros": {"zero"},
    "export.write_serving_config.models": _NONE,
    "gans.ACGAN.generate.labels": {"None", "zero", "flat"},
    "gans.ACGAN.generate.latents": _NONE,
    "gans.CycleGAN.pool_size": {"zero"},
    "gans.CycleGAN.translate.images": {"fewer rows"},
    "gans.LSGAN.a": _ANY_NUMBER,
    "gans.LSGAN.b": _ANY_NUMBER,
    "gans.LSGAN.c": _ANY_NUMBER,
    "gans.StyleGAN2.penalties": _NONE,
    "gans.TwoPlayerGAN.compile.loss_weights": {"None", "empty dict"},
    "gans.TwoPlayerGAN.compile.run_eagerly": _FLAG,
    "gans.TwoPlayerGAN.generate.labels": _NONE,
    "gans.TwoPlayerGAN.generate.latents": _NONE,
    "gans.VAEGAN.decode.latents": {"fewer rows", "huge inside", "integers", "uint8"},
    "gans.VAEGAN.encode.images": {"fewer rows"},
    "gans.VAEGAN.gamma": _NOT_NEGATIVE,
    "gans.VAEGAN.generate.latents": _NONE,
    "gans.VAEGAN.reconstruct.images": {"fewer rows"},
    "gans.WGAN.clip": _POSITIVE,
    "gans.WGANGP.penalties": _NONE,
    # What `keras.initializers.get` takes.
    "layers.BatchNormalization.axis": {"minus one", "zero"},
    "layers.BatchNormalization.momentum": {"zero"},
    "layers.BatchNormalization.synchronized": {"True"},
    "layers.EqualizedLearningRate.gain": _POSITIVE,
    "layers.EqualizedLearningRate.learning_rate_multiplier": _POSITIVE,
    "layers.FIRBlur2D.growth": {"minus one", "zero"},
    "layers.GroupNormalization.gamma_initializer": {
        *("None", "function", "class", "empty array", "array", "array of text", "NaN of numpy"),
    },
    "layers.GroupNormalization.groups": {"minus one"},
    "layers.ImagePool.size": {"zero"},
    "layers.LeakyReLU.negative_slope": {"zero"},
    "layers.ModulatedConv2D.demodulate": _FLAG,
    "layers.ModulatedConv2D.gain": _POSITIVE,
    "layers.ModulatedConv2D.upsample": _FLAG,
    "layers.NoiseInjection.constant": _FLAG,
    "layers.StyleMixing.probability": {"zero"},
    "layers.Truncation.momentum": {"zero"},
    "layers.Truncation.psi": _NOT_NEGATIVE,
    "losses.LeastSquares.a": _ANY_NUMBER,
    "losses.LeastSquares.b": _ANY_NUMBER,
    "losses.LeastSquares.c": _ANY_NUMBER,
    **{
        f"losses.{name}.{side}_loss.{kind}_logits": _LOGITS
        for name in ("Hinge", "LeastSquares", "Minimax", "NonSaturating", "RelativisticAverage", "Wasserstein")
        for side in ("discriminator", "generator")
        for kind in ("real", "fake")
    },
    # These generators' losses do not depend on the real logits.
    **{
        f"losses.{name}.generator_loss.real_logits": _ANYTHING | _ARRAY
        for name in ("Hinge", "LeastSquares", "Minimax", "NonSaturating", "Wasserstein")
    },
    # Pairs need the same shape.
    **{
        f"losses.Relativistic.{side}_loss.{kind}_logits": _LOGITS - _ANY_SHAPE | {"NaN inside", "huge inside"}
        for side in ("discriminator", "generator")
        for kind in ("real", "fake")
    },
    "metrics.Embedding.features": _ANYTHING | _ARRAY,
    "metrics.Embedding.logits": _ANYTHING,
    "metrics.Evaluator.compare.floor": {"empty dict"},
    "metrics.Evaluator.compare.real": {"fewer rows"},
    "metrics.Evaluator.compare.source": {"fewer rows"},
    "metrics.Evaluator.floor.num_images": _NONE,
    "metrics.Evaluator.floor.real": {"fewer rows"},
    "metrics.Evaluator.floor.train": {"fewer rows"},
    "metrics.Evaluator.num_halves": {"zero"},
    "metrics.Evaluator.real.images": {"fewer rows"},
    "metrics.Extractor().images": {"no rows", "another size", "fewer rows"},
    "metrics.Extractor.digest": {"text"},
    "metrics.FrechetDistance.update_state.fake": {"None", "array", "no rows"} | _FEATURES - {"booleans"},
    "metrics.FrechetDistance.update_state.real": {"None", "array", "no rows"} | _FEATURES - {"booleans"},
    "metrics.ModelExtractor.fingerprint": {"None", "text"},
    "metrics.ModelExtractor.output": {"None", "zero", "list of None"},
    "metrics.ModelExtractor.value_range": _NONE,
    "metrics.Measure.scaling": {"None", "text"},
    "metrics.Moments.count": _ANYTHING,
    "metrics.Moments.covariance": _ANYTHING | _ARRAY,
    "metrics.Moments.mean": _ANYTHING | _ARRAY,
    "metrics.Report.results": {"empty list", "empty dict", "empty array"},
    "metrics.Report.save.path": {"text"},
    "metrics.Result.dtype": {"text"},
    "metrics.Result.extractor": {"text"},
    "metrics.Result.extractor_hash": {"text"},
    # A value may be NaN or infinite: it is what was measured.
    "metrics.Result.floor": _ANY_NUMBER | {"NaN", "infinity", "1e308", "NaN of numpy"},
    "metrics.Result.interval": _NONE,
    "metrics.Result.resize": {"text"},
    "metrics.Result.scaling": {"None", "text"},
    "metrics.Result.split": {"None", "text"},
    "metrics.Result.value": _ANY_NUMBER | {"NaN", "infinity", "1e308", "NaN of numpy"},
    # What measures the samples checks the values.
    "metrics.Samples.features": {"another size", "NaN inside", "huge inside", "integers", "uint8"},
    "metrics.Samples.fingerprint": _ANYTHING,
    "metrics.Samples.hashes": _NONE,
    "metrics.Samples.images": _NONE,
    "metrics.Samples.logits": {"None", "another size", "NaN inside", "huge inside", "integers", "uint8"},
    "metrics.Samples.rows.indices": {"empty list", "empty array"},
    "metrics.Samples.split": {"None", "text"},
    "metrics.class_coverage.class_ids": {"flat", "another size", "fewer rows"},
    "metrics.classifier_score.logits": _FEATURES | {"array", "another size"},
    "metrics.density_coverage.fake_features": _FEATURES,
    "metrics.density_coverage.real_features": _FEATURES,
    "metrics.frechet_distance.fake_features": _FEATURES | {"array"},
    "metrics.frechet_distance.real_features": _FEATURES | {"array"},
    "metrics.kernel_distance.fake_features": _FEATURES | {"array"},
    "metrics.kernel_distance.real_features": _FEATURES | {"array"},
    "metrics.mode_coverage.centres": _FEATURES,
    "metrics.mode_coverage.radius": _POSITIVE,
    "metrics.mode_coverage.samples": _FEATURES,
    "metrics.mode_coverage.standard_deviation": _POSITIVE,
    "metrics.moments.features": _FEATURES | {"array", "another size"},
    "metrics.ms_ssim_diversity.images": {"another size"},
    "metrics.ms_ssim_diversity.labels": _NONE,
    "metrics.nearest_neighbours.queries": _FEATURES | {"array"},
    "metrics.nearest_neighbours.references": _FEATURES | {"array"},
    "metrics.perceptual_path_length.mapping": _NONE,
    "metrics.precision_recall.fake_features": _FEATURES,
    "metrics.precision_recall.real_features": _FEATURES,
    "metrics.sliced_wasserstein_distance.fake_images": {"fewer rows"},
    "metrics.sliced_wasserstein_distance.real_images": {"fewer rows"},
    "networks.dcgan.stages": _NONE,
    "networks.patch_discriminator.normalization": _NONE,
    "networks.progressive.width": _NONE,
    "networks.resnet.discriminator_width": _NONE,
    "networks.resnet.generator_width": _NONE,
    "networks.stylegan2.noise": _FLAG,
    "networks.stylegan2.style_mixing": {"zero"},
    "networks.stylegan2.width": _NONE,
    "penalties.GradientPenalty().fake_images": {"NaN inside", "huge inside"},
    "penalties.GradientPenalty().real_images": {"NaN inside", "huge inside"},
    "penalties.GradientPenalty.target": _NOT_NEGATIVE,
    # R1 looks at the real images alone, and draws nothing.
    "penalties.R1().fake_images": _ANYTHING | _ARRAY,
    "penalties.R1().real_images": _ANY_VALUES,
    "penalties.R1().seed": _ANYTHING,
    "penalties.R2().fake_images": _ANY_VALUES,
    "penalties.R2().real_images": _ANYTHING | _ARRAY,
    "penalties.R2().seed": _ANYTHING,
    "presets.Preset.description": {"text"},
    "presets.Preset.diff_augment": _FLAG,
    "presets.Preset.r1": _NOT_NEGATIVE,
    "penalties.mean_logits.logits": _LOGITS,
    "penalties.squared_gradient_norms.images": _ANY_VALUES,
    **{
        f"schedules.{name}.{argument}": values
        for name in ("Cosine", "Linear")
        for argument, values in {"start": _ANY_NUMBER, "end": _ANY_NUMBER, "steps": {"2^40"}}.items()
    },
    "schedules.LinearDecay.hold_steps": {"zero"},
    "training.AdversarialModel.evaluate.steps": _NONE,
    # Only the first of the two batches is looked at.
    "training.AdversarialModel.evaluate.x": {"fewer rows", "NaN inside"},
    "training.AdversarialModel.fit.x": {"fewer rows"},
    "training.AdversarialModel.predict.batch_size": _NONE,
    "training.AdversarialModel.predict.steps": _NONE,
    "training.AdversarialModel.predict.x": {"fewer rows", "huge inside"},
    "training.AdversarialModel.scale_learning_rates.factor": _POSITIVE,
    "training.AdversarialModel.test_on_batch.x": {"fewer rows"},
    "training.AdversarialModel.train_on_batch.x": {"fewer rows"},
    "training.Critic.augmentations": {"empty list"},
    "training.Critic.judges": {"text"},
    "training.Critic.role": {"text"},
    "training.Field.shape": {"empty list", "list of None"},
    "training.Interface.returns": {"text"},
    "training.Interface.role": {"text"},
    "training.Sampler.is_drawn": _FLAG,
    "training.Sampler.network": _NONE,
}

# Their good call needs a file that the package does not have, and says so.
NEED_MORE = {"metrics.Inception2015", "metrics.KerasInception"}

# Abstract classes, a record, an error, a constant, a context manager without arguments, and layers with Keras's
# constructors.
NOT_CALLED = {
    "augmentation.Augmentation",
    "callbacks.TrainingDiverged",
    "data.Source",
    "gans.AlternatingGAN",
    "gans.TwoPlayerGAN",
    "layers.Conv2D",
    "layers.Conv2DTranspose",
    "layers.hold_power_iterations",
    "losses.AdversarialLoss",
    "penalties.Penalty",
    "presets.NAMES",
    "training.Verdict",
}

# For messages alone, and the step, which the engine counts.
LEFT_OUT = {"batches_argument", "names", "step"}
