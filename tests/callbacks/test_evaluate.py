"""Metrics in training: when, on what, where the values go, and which GAN is kept."""

import json
import re
import warnings

import keras
import numpy as np
import pytest
import tensorflow as tf
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

import keras_gan
from keras_gan import metrics
from keras_gan.callbacks import Checkpoint, Evaluate, ImageSnapshots, LossCurves, Progress, TrainingHealth

IMAGES = np.random.default_rng(0).uniform(-1, 1, (32, 4, 4, 1)).astype("float32")


class Pixels(metrics.Extractor):
    """Three of the pixels."""

    def __init__(self):
        super().__init__(name="pixels", digest="1", num_features=3)

    def embed(self, pixels):
        return metrics.Embedding(tf.reshape(pixels[:, 0, :3], (-1, 3)))


def brightness(direction="higher", values=None):
    """An evaluator of the mean pixel, or of given values one after the other."""
    values = iter(values) if values is not None else None

    def compute(real, fake):
        return (fake.features.mean() if values is None else next(values),)

    measure = metrics.Measure(compute, {"brightness": direction})
    return metrics.Evaluator(Pixels(), [measure], num_images=8, num_halves=0)


@pytest.fixture(autouse=True)
def _few_images():
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", ".*samples against .* real images")
        yield


@pytest.fixture
def gan():
    networks = keras_gan.networks.mlp(image_shape=(4, 4, 1), latent_dim=4, width=8, spectral_normalization=False)
    gan = keras_gan.NonSaturatingGAN(*networks, ema_half_life=100)
    gan.compile(run_eagerly=True)
    return gan


def fit(gan, *callbacks, epochs=4):
    return gan.fit(IMAGES, batch_size=16, epochs=epochs, verbose=0, callbacks=list(callbacks)).history


@pytest.mark.long
def test_values_are_those_of_the_averaged_generator_every_so_many_epochs_and_after_the_last(gan, tmp_path):
    evaluator = brightness()
    history = fit(gan, Evaluate(IMAGES, evaluator, every=2, directory=tmp_path), epochs=5)
    assert len(history["brightness"]) == 3
    names = [f"evaluation_{number:04d}.json" for number in (2, 4, 5)]
    assert sorted(path.name for path in tmp_path.iterdir()) == names
    samples = evaluator.compare(gan, IMAGES, intervals=False)
    assert history["brightness"][-1] == samples["brightness"].value
    assert metrics.Report.load(tmp_path / names[-1])["brightness"] == samples["brightness"]


@pytest.mark.long
def test_the_samples_of_a_conditional_gan_are_of_all_classes():
    latents, labels = keras.Input((4,), name="latents"), keras.Input((), dtype="int32", name="labels")
    shade = keras.layers.Embedding(4, 16)
    made = shade(labels) + keras.layers.Dense(16, kernel_initializer="zeros", trainable=False)(latents)
    generator = keras.Model([latents, labels], keras.layers.Reshape((4, 4, 1))(made))
    shade.embeddings.assign(np.repeat([[-0.9], [-0.3], [0.3], [0.9]], 16, axis=1))
    discriminator = keras_gan.networks.mlp(image_shape=(4, 4, 1), latent_dim=4, width=8)[1]
    gan = keras_gan.NonSaturatingGAN(generator, discriminator)
    gan.compile("sgd", "sgd", run_eagerly=True)
    gan.scale_learning_rates(1e-6)

    def share(real, fake):
        counts = np.unique(np.rint((fake.features[:, 0] / 127.5 - 1) / 0.6 + 1.5), return_counts=True)[1]
        return (counts.min() / len(fake.features), counts.max() / len(fake.features))

    measure = metrics.Measure(share, {"least": "higher", "most": "lower"})
    evaluator = metrics.Evaluator(Pixels(), [measure], num_images=1000, num_halves=0)
    evaluate = Evaluate(IMAGES, evaluator)
    history = gan.fit(IMAGES, np.arange(32) % 4, batch_size=16, verbose=0, callbacks=[evaluate]).history
    # Of 1,000 samples, five standard deviations of the share of a class are 0.07.
    assert 0.18 < history["least"][0] <= history["most"][0] < 0.32


@pytest.mark.long
def test_what_stands_behind_it_writes_the_values(gan, tmp_path):
    fit(gan, Evaluate(IMAGES, brightness(values=[0.25, 0.5])), LossCurves(tmp_path / "curves.png"), epochs=2)
    header, *rows = (tmp_path / "curves.csv").read_text().splitlines()
    column = header.split(",").index("brightness")
    assert [row.split(",")[column] for row in rows] == ["0.25", "0.5"]


@pytest.mark.long
def test_tensorboard_finds_the_values(gan, tmp_path):
    fit(gan, Evaluate(IMAGES, brightness(values=[0.25, 0.5]), log_dir=tmp_path), epochs=2)
    events = EventAccumulator(str(tmp_path))
    events.Reload()
    found = [(event.step, tf.make_ndarray(event.tensor_proto)) for event in events.Tensors("evaluation/brightness")]
    steps = int(gan.training_state.step) // 2
    assert found == [(steps, 0.25), (2 * steps, 0.5)]


@pytest.mark.parametrize("direction, best_epoch", [("higher", 2), pytest.param("lower", 3, marks=pytest.mark.long)])
def test_the_best_gan_is_kept(gan, tmp_path, direction, best_epoch):
    values = [0.5, 0.75, 0.25, 0.5]
    prints = []
    note = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: prints.append(gan.fingerprint()))
    evaluate = Evaluate(IMAGES, brightness(direction, values), directory=tmp_path, best="brightness")
    fit(gan, evaluate, note)
    assert (evaluate.best_epoch, evaluate.best_value) == (best_epoch, values[best_epoch - 1])
    assert keras.saving.load_model(tmp_path / "best.keras").fingerprint() == prints[best_epoch - 1]
    assert json.loads((tmp_path / "best.json").read_text())["brightness"]["value"] == values[best_epoch - 1]


@pytest.mark.long
def test_nan_is_never_the_best(gan, tmp_path):
    evaluate = Evaluate(IMAGES, brightness("lower", [np.nan, 2.0, np.nan]), directory=tmp_path, best="brightness")
    fit(gan, evaluate, epochs=3)
    assert evaluate.best_value == 2.0


@pytest.mark.long
def test_a_run_that_goes_on_remembers_the_best(gan, tmp_path):
    def callbacks(values):
        evaluate = Evaluate(IMAGES, brightness("lower", values), directory=tmp_path, best="brightness")
        return evaluate, Checkpoint(tmp_path / "checkpoints")

    fit(gan, *callbacks([0.5, 0.25]), epochs=2)
    best = (tmp_path / "best.keras").read_bytes()
    evaluate, checkpoint = callbacks([0.375, 0.3])
    fit(gan, evaluate, checkpoint, epochs=4)
    assert (evaluate.best_epoch, evaluate.best_value) == (2, 0.25)
    assert (tmp_path / "best.keras").read_bytes() == best


def test_training_is_not_disturbed(gan):
    twin = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(gan))
    twin.generator.set_weights(gan.generator.get_weights())
    twin.averaged_generator.set_weights(gan.averaged_generator.get_weights())
    twin.discriminator.set_weights(gan.discriminator.get_weights())
    twin.training_state.seed.assign(gan.training_state.seed)
    twin.compile(run_eagerly=True)
    fit(gan, Evaluate(IMAGES, brightness()), epochs=2)
    fit(twin, epochs=2)
    assert gan.fingerprint() == twin.fingerprint()


@pytest.mark.long
def test_real_features_are_taken_before_training_and_once(gan):
    class Counting(Pixels):
        seen = 0

        def embed(self, pixels):
            Counting.seen += len(pixels)
            return super().embed(pixels)

    evaluator = metrics.Evaluator(Counting(), num_images=8, num_halves=0)
    history = fit(gan, Evaluate(IMAGES, evaluator, floor=-IMAGES[:16]), epochs=3)
    assert Counting.seen == 32 + 16 + 3 * 8
    assert len(history["frechet_distance"]) == 3


@pytest.mark.long
def test_the_floor_is_in_the_reports(gan, tmp_path):
    evaluator = metrics.Evaluator(Pixels(), num_images=16, num_halves=0)
    fit(gan, Evaluate(IMAGES, evaluator, floor=-IMAGES[:16], directory=tmp_path), epochs=1)
    report = metrics.Report.load(tmp_path / "evaluation_0001.json")
    assert report["frechet_distance"].floor == evaluator.floor(-IMAGES[:16], IMAGES)["frechet_distance"]


@pytest.mark.long
def test_a_full_disk_costs_one_warning(gan, tmp_path, full_disk):
    evaluate = Evaluate(IMAGES, brightness(), directory=tmp_path, best="brightness")
    full_disk()
    with warnings.catch_warnings(record=True, action="always") as caught:
        history = fit(gan, evaluate)
    (message,) = [str(warning.message) for warning in caught if "Training continues" in str(warning.message)]
    assert re.search("without some of the evaluations.*No space left", message)
    assert len(history["brightness"]) == 4


@pytest.mark.long
def test_two_replicas_evaluate_too(two_replicas):
    with two_replicas.scope():
        gan = keras_gan.NonSaturatingGAN(*keras_gan.networks.mlp(image_shape=(4, 4, 1), latent_dim=4, width=8))
        gan.compile()
    evaluator = brightness()
    history = fit(gan, Evaluate(IMAGES, evaluator), epochs=1)
    assert history["brightness"] == [evaluator.compare(gan, IMAGES)["brightness"].value]


@pytest.mark.long
def test_a_progress_bar_where_keras_draws_one(gan, capsys):
    gan.fit(IMAGES, batch_size=16, verbose=1, callbacks=[Evaluate(IMAGES, brightness())])
    assert "8/8" in capsys.readouterr().out
    fit(gan, Evaluate(IMAGES, brightness()), epochs=1)
    assert capsys.readouterr().out == ""


def test_no_empty_line_is_printed_next_to_progress(gan, capsys):
    gan.fit(IMAGES, batch_size=16, verbose="auto", callbacks=[Evaluate(IMAGES, brightness()), Progress(["brightness"])])
    *lines, end = capsys.readouterr().out.split("\n")
    assert lines[-1].startswith("epoch 1/1  step 2/2")
    assert "" not in lines
    assert end == ""


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"every": 0}, r"`every` must be an integer of at least 1"),
        ({"best": "brightnes", "directory": "."}, r"`best` must be one of 'brightness'. Did you mean"),
        ({"best": ["brightness"], "directory": "."}, r"must be one of.* Received: best=\['brightness'\]"),
        ({"directory": ""}, r"`directory` must not be empty.* Received: directory=''"),
        ({"log_dir": 5}, r"`log_dir` must be a path.* Received: log_dir=5"),
        ({"floor": 5}, r"`floor` must be real images: .*Received: floor of type int"),
        ({"evaluator": "frechet"}, r"`evaluator` must be a `keras_gan.metrics.Evaluator`.* Received: evaluator='frec"),
        (
            {"best": "brightness"},
            r"To keep the best GAN, give a `directory`. Received: directory=None, best='brightness'",
        ),
    ],
)
def test_bad_arguments_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        Evaluate(IMAGES, **{"evaluator": brightness(), **arguments})


@pytest.mark.parametrize("images", [None, "digits", 5, IMAGES[0], [IMAGES]], ids=lambda images: type(images).__name__)
def test_what_are_no_images_is_refused_at_once(images):
    with pytest.raises(ValueError, match=r"`images` must be real images: .*Received: images of type"):
        Evaluate(images, brightness())


def test_bad_images_are_refused_before_training(gan):
    endless = tf.data.Dataset.from_tensors(IMAGES).repeat()
    with pytest.raises(ValueError, match="endless"):
        fit(gan, Evaluate(endless, brightness()))
    assert int(gan.training_state.step.value) == 0


@pytest.mark.long
def test_two_callbacks_do_not_write_the_same_files(gan, tmp_path):
    first, second = (Evaluate(IMAGES, brightness(), directory=tmp_path / name) for name in ("a", "a/../a"))
    with pytest.raises(ValueError, match=r"Evaluate in one directory.*Received: directory='.*' twice"):
        fit(gan, first, second)
    assert int(gan.training_state.step.value) == 0
    fit(gan, first, Evaluate(IMAGES, brightness(), directory=tmp_path / "b"), Evaluate(IMAGES, brightness()), epochs=1)
    assert all((tmp_path / name / "evaluation_0001.json").is_file() for name in "ab")
    for make in (ImageSnapshots, lambda path: TrainingHealth(directory=path)):
        with pytest.raises(ValueError, match="in one directory"):
            fit(gan, make(tmp_path), make(tmp_path))


def test_a_model_that_does_not_generate_is_refused():
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    with pytest.raises(ValueError, match=r"has no such method.*Received: model=Sequential"):
        model.fit(np.zeros((4, 4)), np.zeros((4, 1)), verbose=0, callbacks=[Evaluate(IMAGES, brightness())])


class Fading(keras.Model):
    """A translator, as Keras trains it, whose only weight fades the images."""

    def __init__(self):
        super().__init__()
        self.factor = self.add_weight(shape=(), initializer="ones")

    def call(self, images):
        return self.factor * images

    def train_step(self, data):
        self.factor.assign(0.5 * self.factor)
        return {"loss": self.factor}

    def translate(self, images):
        return self(images).numpy()


def pairs():
    return {"source": IMAGES, "target": 0.3 * IMAGES}


def fit_fading(*evaluates):
    model = Fading()
    model.compile(run_eagerly=True)
    return model.fit(IMAGES, epochs=4, batch_size=32, verbose=0, callbacks=list(evaluates)).history


def test_a_translator_is_measured_on_pairs_and_the_best_is_kept(tmp_path):
    evaluate = Evaluate(pairs(), metrics.PairEvaluator(), directory=tmp_path, best="gradient_energy", log_dir=tmp_path)
    history = fit_fading(evaluate)
    # Factors of 1/2, 1/4, 1/8, 1/16, where 0.3 is right.
    np.testing.assert_allclose(history["gradient_energy"], [(0.5**n / 0.3) ** 2 for n in range(1, 5)], rtol=1e-5)
    assert (evaluate.best_epoch, evaluate.best_value) == (2, history["gradient_energy"][1])
    best = metrics.Report.load(tmp_path / "best.json")
    assert best["l1"].value == history["l1"][1]
    assert best["l1"].baseline == pytest.approx(0.7 * np.abs(IMAGES).mean())


@pytest.mark.long
def test_a_cycle_gan_is_measured_in_both_directions():
    shape = {"image_shape": (8, 8, 1), "width": 1}
    translators = [keras_gan.networks.resnet_translator(**shape, blocks=1) for _ in range(2)]
    discriminators = [keras_gan.networks.patch_discriminator(**shape, layers=1) for _ in range(2)]
    model = keras_gan.CycleGAN(*translators, *discriminators, identity_weight=0, pool_size=0, ema_half_life=10)
    images = np.random.default_rng(1).uniform(-1, 1, (4, 8, 8, 1)).astype("float32")
    held_out = {"source": images, "target": -images}
    evaluators = [metrics.PairEvaluator(["psnr", "ssim"], to=to) for to in (None, "source")]
    model.compile(run_eagerly=True)
    evaluates = [Evaluate(held_out, evaluator) for evaluator in evaluators]
    history = model.fit({"source": images, "target": images}, batch_size=4, verbose=0, callbacks=evaluates).history
    assert history["psnr"] == [metrics.psnr(model.translate(images), -images).mean]
    assert history["psnr_to_source"] == [metrics.psnr(model.translate(-images, to="source"), images).mean]
    assert (
        model.evaluate(held_out, batch_size=4, verbose=0, evaluator=evaluators[0], return_dict=True)["ssim"]
        == history["ssim"][0]
    )


@pytest.mark.parametrize(
    "evaluator, given, message",
    [
        (
            brightness(),
            IMAGES,
            r"`model.generate` returns.* has `translate`: give held-out pairs and a .*PairEvaluator`",
        ),
        (metrics.PairEvaluator(), IMAGES, r"Pairs are a dict of arrays"),
    ],
)
def test_a_translator_needs_an_evaluator_of_pairs(evaluator, given, message):
    with pytest.raises(ValueError, match=message):
        fit_fading(Evaluate(given, evaluator))


def test_a_gan_needs_an_evaluator_of_samples(gan):
    with pytest.raises(
        ValueError, match=r"`model.translate`.* has `generate`: give held-out images and a .*Evaluator`"
    ):
        fit(gan, Evaluate(pairs(), metrics.PairEvaluator()))


@pytest.mark.long
@pytest.mark.parametrize(
    "trained, measured, is_refused",
    [
        ("train", "test", False),
        ("train", "all", True),
        *(
            pytest.param(*case, marks=pytest.mark.long)
            for case in (
                ("train", "train", False),
                ("train", None, True),
                ("all", "test", True),
                ("all", "all", True),
                (None, "test", True),
                ("test", "test", True),
            )
        ),
    ],
)
def test_a_gan_is_not_measured_against_its_training_images(gan, trained, measured, is_refused):
    images = np.concatenate([IMAGES, -IMAGES])
    test = keras_gan.data.load(images, split=measured, batch_size=2)
    training = keras_gan.data.load(images, split=trained, batch_size=4)
    evaluate = Evaluate(test, brightness())
    if not is_refused:
        gan.fit(training, epochs=1, steps_per_epoch=1, verbose=0, callbacks=[evaluate])
        return
    with pytest.raises(ValueError, match=r"trains on images that it is to be measured against.*split=\"train\""):
        gan.fit(training, epochs=1, steps_per_epoch=1, verbose=0, callbacks=[evaluate])
    assert int(gan.training_state.step.value) == 0


@pytest.mark.long
def test_evaluate_of_a_gan_adds_the_values_to_the_losses(gan):
    evaluator = brightness()
    losses = gan.evaluate(IMAGES, batch_size=8, verbose=0)
    both = gan.evaluate(IMAGES, batch_size=8, verbose=0, evaluator=evaluator)
    assert both[:2] == pytest.approx(losses)
    named = gan.evaluate(IMAGES, batch_size=8, verbose=0, evaluator=evaluator, return_dict=True)
    assert list(named) == ["d_loss", "g_loss", "brightness"]
    assert named["brightness"] == both[2] == evaluator.compare(gan, IMAGES)["brightness"].value
