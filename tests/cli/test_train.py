"""The training script: what its flags say is what is trained."""

import dataclasses
import functools
import inspect
import os
import re
import shutil
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf
import tensorflow_datasets as tfds
from absl import flags
from absl.testing import flagsaver
from PIL import Image

import keras_gan

pytestmark = pytest.mark.usefixtures("eager")

SCRIPT = Path(__file__).parents[2] / "examples" / "train.py"
RECIPES = sorted((SCRIPT.parent / "recipes").glob("*.txt"))
TEST_DATA = os.environ.get("KERAS_GAN_TEST_DATA")
# The models that do not draw from latents by a generator and a discriminator.
OTHERS = (
    "AlphaGAN",
    "AnomalyGAN",
    "BiGAN",
    "ContextEncoder",
    "CycleGAN",
    "DPED",
    "ESRGAN",
    "EnlightenGAN",
    "FreeFormInpainter",
    "GANomaly",
    "HiFiGAN",
    "LanguageModel",
    "MelGAN",
    "MoCoGAN",
    "Pix2Pix",
    "Pix2PixHD",
    "RealESRGAN",
    "RelGAN",
    "SRGAN",
    "SeqGAN",
    "StackGAN",
    "StarGAN",
    "TextEditor",
    "TextToImage",
    "TextWGANGP",
    "VAE",
    "VAEGAN",
    "VideoGAN",
    "WaveGAN",
)
GANS = [
    name
    for name in keras_gan.__all__
    if inspect.isclass(getattr(keras_gan, name))
    and not inspect.isabstract(getattr(keras_gan, name))
    and name not in OTHERS
]


def test_the_script_offers_all_of_them(train_script):
    assert set(train_script.train_flags.GANS) == set(GANS)


def folder_of_faces(path, count=8):
    path.mkdir()
    pixels = np.random.default_rng(0).integers(0, 256, (count, 112, 92), np.uint8)
    for index, image in enumerate(pixels):
        Image.fromarray(image).save(path / f"{index}.png")
    return path


@pytest.mark.long
@pytest.mark.parametrize("name", GANS)
def test_each_gan_has_networks_by_its_name_alone(train_script, train_flags, name):
    with flagsaver.flagsaver():
        train_flags(f"--gan={name}")
        flags.FLAGS["network"].using_default_value = True
        train_script.train_flags.take_own_parts(name)
        images = train_script.train_parts.load_images(labels=flags.FLAGS.labels)
        gan = train_script.train_parts.make_gan(name, flags.FLAGS.network, images)
    assert type(gan) is getattr(keras_gan, name)
    assert gan.sample_shape == (8, 8, 1)
    assert gan.num_classes == (10 if name == "ACGAN" else None)


FEW = ("ACGAN",)


@pytest.mark.long
@pytest.mark.parametrize("name", [*FEW, *(pytest.param(n, marks=pytest.mark.long) for n in GANS if n not in FEW)])
def test_each_gan_trains_on_digits_by_its_name_alone(train, name):
    gan, printed = train(f"--gan={name}")
    assert type(gan) is getattr(keras_gan, name)
    assert gan.sample_shape == (8, 8, 1)
    assert int(gan.training_state.step) == 2
    assert "1,437 images of shape (8, 8, 1)" in printed


def test_the_script_offers_every_preset(train_script):
    assert train_script.train_flags.PRESETS == keras_gan.presets.NAMES


PRESETS = ["digits", "few_images"]


@pytest.mark.long
@pytest.mark.parametrize(
    "name",
    [*PRESETS, *(pytest.param(n, marks=pytest.mark.long) for n in keras_gan.presets.NAMES if n not in PRESETS)],
)
def test_a_preset_gives_the_flags_the_gan_that_it_builds_itself(train_script, name):
    preset = keras_gan.presets.get(name)
    with flagsaver.flagsaver():
        train_script.train_flags.parse([str(SCRIPT), f"--preset={name}", "--width=4"])
        parts = train_script.train_parts
        images = parts.load_images()
        networks = keras_gan.networks.dcgan(image_shape=images.image_shape, **parts.network_options("dcgan"))
        gan = getattr(keras_gan, flags.FLAGS.gan)(*networks, **parts.gan_options())
        optimizers = [parts.make_optimizer(gan, player) for player in ("generator", "discriminator")]
        assert flags.FLAGS.steps == preset.steps
        assert flags.FLAGS.precision == preset.precision
    assert images.image_shape == (preset.image_size, preset.image_size, preset.channels)
    assert images.element_spec.shape[0] == preset.batch_size
    own = dataclasses.replace(preset, width=4).make_gan(images.image_shape, seed=0)
    config, own_config = (model.get_config() | {"name": ""} for model in (gan, own))
    assert config == own_config
    for optimizer in optimizers:
        assert optimizer.get_config() | {"name": ""} == own.generator_optimizer.get_config() | {"name": ""}


def test_flags_override_a_preset_and_what_belongs_to_its_gan_stays_with_it(train_script):
    with flagsaver.flagsaver():
        train_script.train_flags.parse([str(SCRIPT), "--preset=digits", "--gan=WGANGP", "--steps=300"])
        assert (flags.FLAGS.gan, flags.FLAGS.steps, flags.FLAGS.width) == ("WGANGP", 300, 32)
        assert (flags.FLAGS.r1, flags.FLAGS.optimizer, flags.FLAGS.spectral_normalization) == (None, "default", None)
        train_script.train_flags.parse([str(SCRIPT), "--preset=digits", "--gan=non_saturating", "--optimizer=adam"])
        assert flags.FLAGS.generator_learning_rate == 1e-3
        assert (flags.FLAGS.r1, flags.FLAGS.optimizer, flags.FLAGS.spectral_normalization) == (0.1, "adam", False)


def test_a_preset_changes_no_default_which_every_record_of_a_run_must_have(train_script):
    with flagsaver.flagsaver():
        defaults = {flag.name: flag.default for flag in train_script.train_flags.own()}
        train_script.train_flags.parse([str(SCRIPT), "--preset=digits"])
        assert {flag.name: flag.default for flag in train_script.train_flags.own()} == defaults


@pytest.mark.parametrize(
    "given",
    ["--beta_1=0.25", "--lazy_penalty_every=16", "--preset=few_images --steps_per_epoch=300"],
)
def test_a_flag_that_fits_what_the_preset_sets_works_next_to_it(train_script, given):
    with flagsaver.flagsaver():
        train_script.train_flags.parse([str(SCRIPT), "--preset=digits", *given.split()])
        assert (flags.FLAGS.optimizer, flags.FLAGS.beta_2) == ("adam", 0.99)


def test_a_flag_for_the_optimizer_of_a_preset_does_not_fit_another_gan(train_script):
    with flagsaver.flagsaver(), pytest.raises(SystemExit, match=r"Error: --beta_1 and --beta_2 are for"):
        train_script.train_flags.parse([str(SCRIPT), "--preset=digits", "--gan=WGANGP", "--beta_1=0.25"])


def test_a_flag_that_does_not_fit_a_preset_is_an_error_in_one_line(train_script):
    with flagsaver.flagsaver(), pytest.raises(SystemExit, match=r"Error: .*--steps must be a multiple of"):
        train_script.train_flags.parse([str(SCRIPT), "--preset=few_images", "--steps_per_epoch=400"])


def test_flags_reach_the_parts(train):
    gan, _ = train(
        "--gan=non_saturating",
        "--network=DCGAN",
        "--discriminator_normalization=batch",
        "--spectral_normalization",
        "--discriminator_steps=2",
        "--r1=3",
        "--ema_half_life=40",
        "--optimizer=adam",
        "--beta_1=0",
        "--generator_learning_rate=0.25",
        "--precision=mixed_bfloat16",
        "--image_size=16x18",
        "--channels=3",
        "--flip",
        "--dequantize",
    )
    assert type(gan) is keras_gan.NonSaturatingGAN
    assert (gan.latent_shape, gan.sample_shape) == ((4,), (16, 18, 3))
    assert [(penalty.name, penalty.weight) for penalty in gan.penalties] == [("r1", 3.0)]
    assert (gan.discriminator_steps, gan.ema_half_life) == (2, 40.0)
    rates = [float(optimizer.learning_rate) for optimizer in (gan.generator_optimizer, gan.discriminator_optimizer)]
    np.testing.assert_allclose(rates, [0.25, 2e-4], rtol=1e-6)
    assert all(type(rate) is keras.optimizers.Adam for rate in (gan.generator_optimizer, gan.discriminator_optimizer))
    assert (gan.generator_optimizer.beta_1, gan.generator_optimizer.beta_2) == (0.0, 0.999)
    layers = {layer.name: layer for layer in gan.discriminator.layers}
    assert type(layers["norm_1"]) is keras_gan.layers.BatchNormalization
    assert type(layers["down_0"]) is keras_gan.layers.SpectralNormalization
    assert layers["leaky_relu_0"].compute_dtype == "bfloat16"


@pytest.mark.long
def test_flags_of_practice_reach_the_parts(train):
    gan, _ = train(
        "--gan=hinge",
        "--discriminator_normalization=none",
        "--discriminator_dropout=0.5",
        "--r1=3",
        "--lazy_penalty_every=2",
        "--clip_norm=0.5",
        "--gradient_accumulation_steps=2",
        "--learning_rate_schedule=linear",
        "--warm_up_steps=1",
        "--discriminator_learning_rate=0.125",
        "--augmentation=diff_augment",
    )
    assert [type(augmentation).__name__ for augmentation in gan.critic.augmentations] == ["DiffAugment"]
    assert [type(layer).__name__ for layer in gan.discriminator.layers].count("Dropout") == 1
    assert repr(gan.penalties[0]) == "Lazy(R1(weight=3.0), every=2)"
    assert (gan.generator_optimizer.global_clipnorm, gan.discriminator_optimizer.global_clipnorm) == (0.5, 0.5)
    assert type(gan.generator_optimizer) is type(gan.default_optimizer())
    assert gan.gradient_accumulation_steps == 2


@pytest.mark.parametrize(
    "schedule, warm_up, rates",
    [
        ("constant", 0, [0.5, 0.5, 0.5, 0.5]),
        ("constant", 4, [0.0, 0.25, 0.5, 0.5]),
        ("linear", 0, [0.5, 0.4, 0.3, 0.0]),
        ("linear", 4, [0.0, 0.25, 0.5, 0.0]),
        ("cosine", 0, [0.5, 0.25 * (1 + np.cos(0.2 * np.pi)), 0.25 * (1 + np.cos(0.4 * np.pi)), 0.0]),
        ("cosine", 4, [0.0, 0.25, 0.5, 0.0]),
    ],
)
def test_learning_rates_at_steps_0_2_4_and_10_of_10(train_script, schedule, warm_up, rates):
    with flagsaver.flagsaver(steps=10, learning_rate_schedule=schedule, warm_up_steps=warm_up):
        scheduled = train_script.train_parts.scheduled(0.5)
    got = [float(scheduled(step)) if callable(scheduled) else scheduled for step in (0, 2, 4, 10)]
    np.testing.assert_allclose(got, rates, atol=1e-6)


@pytest.mark.long
def test_two_replicas(run_script, two_replicas, monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(tf.distribute, "MirroredStrategy", lambda: two_replicas)
    prints = []
    for _ in range(2):
        run_script("--network=mlp", "--gan=hinge", "--strategy=mirrored", f"--run_dir={tmp_path}")
        prints.append(capsys.readouterr().out)
    assert "This run is complete at step 2" in prints[1]
    assert prints[0].splitlines()[-1] == prints[1].splitlines()[-1]


def test_the_widths_of_a_resnet(train_script):
    with flagsaver.flagsaver(width=4, latent_dim=5):
        options = train_script.train_parts.network_options("resnet")
    generator, discriminator = keras_gan.networks.resnet(image_shape=(8, 8, 1), **options)
    assert generator.input_shape == (None, 5)
    assert generator.get_layer("up_0_conv_0").filters == 4
    assert discriminator.get_layer("block_0_conv_0").layer.filters == 4


@pytest.mark.long
def test_penalties_take_the_place_of_the_gans_own(train):
    gan, _ = train("--network=mlp", "--gan=wgan-gp", "--discriminator_steps=1", "--r1=0", "--gradient_penalty=2")
    assert type(gan) is keras_gan.WGANGP
    assert [(penalty.name, penalty.weight) for penalty in gan.penalties] == [("r1", 0.0), ("gradient_penalty", 2.0)]


@pytest.mark.long
@pytest.mark.filterwarnings("ignore:Left out 1 of 9 image files:UserWarning")
def test_an_image_folder_of_grey_portraits(train, tiny, tmp_path):
    folder = folder_of_faces(tmp_path / "faces")
    (folder / "broken.png").write_bytes(b"no picture")
    recipe = f"--flagfile={SCRIPT.parent / 'recipes' / 'faces_lsgan.txt'}"
    cache_dir = tmp_path / "cache"
    gan, printed = train(recipe, f"--dataset={folder}", *tiny, "--skip_corrupt", f"--cache_dir={cache_dir}")
    assert len(list(cache_dir.glob("folder-*/images.raw"))) == 1
    assert "8 images of shape (112, 92, 1)" in printed
    assert gan.generate(1, seed=0).shape == (1, 112, 92, 1)


@pytest.mark.skipif(TEST_DATA is None, reason="KERAS_GAN_TEST_DATA names no folder that holds fashion-mnist/")
def test_fashion_mnist_through_tfds(train, tiny, tmp_path, monkeypatch):
    manual = tmp_path / "tfds" / "downloads" / "manual"
    manual.mkdir(parents=True)
    for file in (Path(TEST_DATA) / "fashion-mnist").glob("*.gz"):
        shutil.copy(file, manual)
    few = tfds.download.DownloadConfig(max_examples_per_split=100)
    prepare = tfds.core.DatasetBuilder.download_and_prepare
    monkeypatch.setattr(
        tfds.core.DatasetBuilder, "download_and_prepare", functools.partialmethod(prepare, download_config=few)
    )
    monkeypatch.setattr("socket.socket.connect", None)
    recipe = SCRIPT.parent / "recipes" / "fashion_mnist_dcgan.txt"
    gan, printed = train(f"--flagfile={recipe}", f"--data_dir={tmp_path / 'tfds'}", *tiny)
    assert "100 images of shape (28, 28, 1)" in printed
    assert gan.generate(1, seed=0).shape == (1, 28, 28, 1)


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda path: path.stem)
@pytest.mark.usefixtures("train_script")
def test_each_recipe_says_what_it_is_and_its_flags_are_good(recipe):
    text = recipe.read_text()
    assert text.startswith("# ")
    assert re.search(r"^# .*\(arXiv \d{4}\.\d{4,5}\)", text, re.MULTILINE)
    assert re.search(r"^# .*minutes on two cores|^# .*not run\.", text, re.MULTILINE)
    with flagsaver.flagsaver():
        flags.FLAGS([str(SCRIPT), f"--flagfile={recipe}"])
        assert flags.FLAGS.run_dir == f"runs/{recipe.stem}"


def _recipes_on_digits():
    """One with labels and one without; the others train only in `make test-long`."""
    for path in RECIPES:
        if path.stem.startswith("digits"):
            marks = () if path.stem in ("digits_acgan", "digits_dcgan_r1") else pytest.mark.long
            yield pytest.param(path, marks=marks, id=path.stem)


@pytest.mark.long
@pytest.mark.parametrize("recipe", list(_recipes_on_digits()))
def test_each_recipe_on_digits_trains(train, tiny, recipe):
    gan, _ = train(f"--flagfile={recipe}", *tiny, "--discriminator_steps=1")
    assert int(gan.training_state.step) == 2


@pytest.mark.long
@pytest.mark.filterwarnings("ignore:2,000 samples against 360 real images:UserWarning")
def test_the_best_gan_by_the_test_split_is_kept(train, tmp_path, monkeypatch):
    whole = keras_gan.metrics.train_extractor
    monkeypatch.setattr(keras_gan.metrics, "train_extractor", lambda *a, **options: whole(*a, **options, steps=20))
    evaluator = functools.partial(keras_gan.metrics.Evaluator, num_halves=2)
    monkeypatch.setattr(keras_gan.metrics, "Evaluator", evaluator)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    train("--steps=3", "--steps_per_epoch=1", "--evaluate_every=2", "--ema_half_life=10", "--flip")
    assert keras.saving.load_model(tmp_path / "run" / "best.keras").training_state.step.numpy() in (2, 3)
    best = keras_gan.metrics.Report.load(tmp_path / "run" / "best.json")["frechet_distance"]
    assert best.floor < best.value
    assert (best.num_real, best.num_fake, best.split) == (360, 2000, "test")
    assert "frechet_distance" in (tmp_path / "run" / "losses.csv").read_text()


@pytest.mark.parametrize(
    "names, line",
    [
        (("cats", "dogs"), "Classes: 0 cats, 1 dogs"),
        (tuple("abcdefghijklmnopqrstuvwxyz"), r"Classes: 0 a, 1 b, .*, 19 t, \.\.\."),
    ],
)
def test_the_numbers_of_the_classes_are_told(train_script, names, line):
    assert re.fullmatch(line, train_script.numbered(names))


@pytest.mark.parametrize("names", [None, (), tuple("0123")])
def test_classes_without_names_of_their_own_are_not_listed(train_script, names):
    assert train_script.numbered(names) is None
