"""The training script: what its flags say is what is trained, and a wrong flag costs one line."""

import functools
import inspect
import json
import os
import re
import shutil
import subprocess
import sys
import time
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

SCRIPT = Path(__file__).parents[2] / "examples" / "train.py"
RECIPES = sorted((SCRIPT.parent / "recipes").glob("*.txt"))
TEST_DATA = os.environ.get("KERAS_GAN_TEST_DATA")
GANS = [
    name
    for name in keras_gan.__all__
    if inspect.isclass(getattr(keras_gan, name)) and not inspect.isabstract(getattr(keras_gan, name))
]
TINY = ["--steps=2", "--width=4", "--batch_size=4", "--latent_dim=4", "--nohealth"]


@pytest.fixture(scope="module")
def script(load_script):
    """The script as a module."""
    return load_script("examples", "train.py")


def run_script(script, *arguments):
    """Train in this process, with the given flags."""
    with flagsaver.flagsaver():
        script.main(flags.FLAGS([str(SCRIPT), *TINY, *arguments]))


@pytest.fixture(scope="module")
def finished(script, tmp_path_factory):
    """The directory of a run that was exported to its sub-folder "served"."""
    run_dir = tmp_path_factory.mktemp("runs") / "finished"
    length = ["--steps=40", "--steps_per_epoch=20"]
    parts = ["--gan=ls", "--image_size=16", "--flip", "--ema_half_life=10", "--health"]
    run_script(script, *length, *parts, f"--run_dir={run_dir}", f"--export_dir={run_dir.parent / 'served'}")
    return run_dir


@pytest.fixture
def eager(monkeypatch):
    """Steps that are run without being traced, which is what takes the time of a short training."""
    compile_eagerly = functools.partialmethod(keras_gan.TwoPlayerGAN.compile, run_eagerly=True)
    monkeypatch.setattr(keras_gan.TwoPlayerGAN, "compile", compile_eagerly)


@pytest.fixture
def train(script, tmp_path, capsys):
    """The function that trains with the given flags, and returns the saved GAN and what was printed."""

    def run(*arguments, run_dir=tmp_path / "run"):
        run_script(script, *arguments, f"--run_dir={run_dir}")
        printed = capsys.readouterr().out
        gan = keras.saving.load_model(run_dir / "gan.keras")
        assert printed.splitlines()[-1] == f"fingerprint {gan.fingerprint()}"
        return gan, printed

    return run


@pytest.fixture
def error(script, tmp_path):
    """The function that returns the one line with which the script refuses the given flags."""

    def run(*arguments):
        with flagsaver.flagsaver(), pytest.raises(SystemExit) as stop:
            script.main(flags.FLAGS([str(SCRIPT), *TINY, f"--run_dir={tmp_path / 'run'}", *arguments]))
        assert not (tmp_path / "run" / "samples").exists() or not list((tmp_path / "run" / "samples").iterdir())
        assert "\n" not in stop.value.code
        return stop.value.code

    return run


def start(*arguments):
    """Run the script as a user does."""
    command = [sys.executable, str(SCRIPT), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def folder_of_faces(path, count=8):
    path.mkdir()
    pixels = np.random.default_rng(0).integers(0, 256, (count, 112, 92), np.uint8)
    for index, image in enumerate(pixels):
        Image.fromarray(image).save(path / f"{index}.png")
    return path


@pytest.mark.usefixtures("eager")
@pytest.mark.parametrize("name", GANS)
def test_each_gan_trains_on_digits_by_its_name_alone(train, name):
    gan, printed = train(f"--gan={name}")
    assert type(gan) is getattr(keras_gan, name)
    assert gan.sample_shape == (8, 8, 1)
    assert int(gan.training_state.step) == 2
    assert "1,437 images of shape (8, 8, 1)" in printed


def test_the_run_directory_holds_pictures_curves_events_and_flags(finished, tmp_path):
    gan = keras.saving.load_model(finished / "gan.keras")
    assert int(gan.training_state.step) == 40
    assert sorted(path.name for path in finished.iterdir()) == [
        "checkpoints",
        "flags.txt",
        "gan.keras",
        "losses.csv",
        "losses.png",
        "samples",
        "tensorboard",
    ]
    assert sorted(path.name for path in (finished / "samples").iterdir()) == [
        "epoch_0000.png",
        "epoch_0001.png",
        "epoch_0002.png",
        "snapshots.gif",
    ]
    assert sorted(path.name for path in (finished / "checkpoints").iterdir()) == [
        "step_000000020.npz",
        "step_000000040.npz",
    ]
    header, *rows = (finished / "losses.csv").read_text().splitlines()
    assert header.startswith("epoch,d_loss,g_loss,images_per_second")
    assert "health/diversity" in header
    assert len(rows) == 2
    tags = {
        value.tag
        for path in finished.glob("tensorboard/**/events*")
        for event in tf.compat.v1.train.summary_iterator(str(path))
        for value in event.summary.value
    }
    assert {"samples", "epoch_d_loss", "epoch_g_loss", "epoch_images_per_second"} <= tags
    latents = np.ones((1, 4), "float32")
    version = finished.parent / "served" / "1"
    serve = tf.saved_model.load(version).signatures["serving_default"]
    images = serve(latents=tf.constant(latents))["images"]
    fingerprint = gan.fingerprint()
    assert json.loads((version / "model_card.json").read_text())["training"]["fingerprint"] == fingerprint
    keras_gan.export.save(gan, tmp_path)
    np.testing.assert_allclose(images, gan.averaged_generator(latents), atol=1e-6)


@pytest.mark.usefixtures("eager")
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
    assert type(layers["norm_1"]) is keras.layers.BatchNormalization
    assert type(layers["down_0"]) is keras_gan.layers.SpectralNormalization
    assert layers["leaky_relu_0"].compute_dtype == "bfloat16"


@pytest.mark.usefixtures("eager")
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
    )
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
def test_learning_rates_at_steps_0_2_4_and_10_of_10(script, schedule, warm_up, rates):
    with flagsaver.flagsaver(steps=10, learning_rate_schedule=schedule, warm_up_steps=warm_up):
        scheduled = script.scheduled(0.5)
    got = [float(scheduled(step)) if callable(scheduled) else scheduled for step in (0, 2, 4, 10)]
    np.testing.assert_allclose(got, rates, atol=1e-6)


@pytest.mark.usefixtures("eager")
def test_two_replicas(script, two_replicas, monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(tf.distribute, "MirroredStrategy", lambda: two_replicas)
    prints = []
    for _ in range(2):
        run_script(script, "--network=mlp", "--gan=hinge", "--strategy=mirrored", f"--run_dir={tmp_path}")
        prints.append(capsys.readouterr().out)
    assert "Training had ended at step 2" in prints[1]
    assert prints[0].splitlines()[-1] == prints[1].splitlines()[-1]


def test_the_widths_of_a_resnet(script):
    with flagsaver.flagsaver(width=4, latent_dim=5):
        options = script.network_options("resnet")
    generator, discriminator = keras_gan.networks.resnet(image_shape=(8, 8, 1), **options)
    assert generator.input_shape == (None, 5)
    assert generator.get_layer("up_0_conv_0").filters == 4
    assert discriminator.get_layer("block_0_conv_0").layer.filters == 4


@pytest.mark.usefixtures("eager")
def test_penalties_take_the_place_of_the_gans_own(train):
    gan, _ = train("--network=mlp", "--gan=wgan-gp", "--discriminator_steps=1", "--r1=0", "--gradient_penalty=2")
    assert type(gan) is keras_gan.WGANGP
    assert [(penalty.name, penalty.weight) for penalty in gan.penalties] == [("r1", 0.0), ("gradient_penalty", 2.0)]


@pytest.mark.usefixtures("eager")
@pytest.mark.filterwarnings("ignore:Left out 1 of 9 image files:UserWarning")
def test_an_image_folder_of_grey_portraits(train, tmp_path):
    folder = folder_of_faces(tmp_path / "faces")
    (folder / "broken.png").write_bytes(b"no picture")
    gan, printed = train(
        f"--flagfile={SCRIPT.parent / 'recipes' / 'faces_lsgan.txt'}", f"--dataset={folder}", *TINY, "--skip_corrupt"
    )
    assert "8 images of shape (112, 92, 1)" in printed
    assert gan.generate(1, seed=0).shape == (1, 112, 92, 1)


@pytest.mark.usefixtures("eager")
@pytest.mark.skipif(TEST_DATA is None, reason="KERAS_GAN_TEST_DATA names no folder that holds fashion-mnist/")
def test_fashion_mnist_through_tfds(train, tmp_path, monkeypatch):
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
    gan, printed = train(f"--flagfile={recipe}", f"--data_dir={tmp_path / 'tfds'}", *TINY)
    assert "100 images of shape (28, 28, 1)" in printed
    assert gan.generate(1, seed=0).shape == (1, 28, 28, 1)


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda path: path.stem)
def test_each_recipe_says_what_it_is_and_its_flags_are_good(script, recipe):
    text = recipe.read_text()
    assert text.startswith("# ")
    assert re.search(r"^# .*\(arXiv \d{4}\.\d{4,5}\)", text, re.MULTILINE)
    assert re.search(r"^# .*minutes on two cores", text, re.MULTILINE)
    with flagsaver.flagsaver():
        flags.FLAGS([str(SCRIPT), f"--flagfile={recipe}"])
        assert flags.FLAGS.run_dir == f"runs/{recipe.stem}"


@pytest.mark.usefixtures("eager")
@pytest.mark.parametrize(
    "recipe", [path for path in RECIPES if path.stem.startswith("digits")], ids=lambda path: path.stem
)
def test_each_recipe_on_digits_trains(train, recipe):
    gan, _ = train(f"--flagfile={recipe}", *TINY, "--discriminator_steps=1")
    assert int(gan.training_state.step) == 2


def test_the_flags_of_a_run_repeat_it(finished, train, tmp_path):
    first = keras.saving.load_model(finished / "gan.keras")
    recorded = [f"--flagfile={finished / 'flags.txt'}", "--export_dir="]
    again, _ = train(*recorded, run_dir=tmp_path / "again")
    assert again.fingerprint() == first.fingerprint()
    other, _ = train(*recorded, "--seed=1", run_dir=tmp_path / "other")
    assert other.fingerprint() != first.fingerprint()


@pytest.mark.parametrize(
    "flag, message",
    [
        ("--bacth_size=8", "Unknown command line flag 'bacth_size'. Did you mean: batch_size"),
        ("--steps=0", "--steps=0: 0 is not a positive integer"),
        ("--image_size=32,32", "--image_size=32,32: must be as 32 or 112x92, or 0"),
        ("--steps=150", "--steps must be a multiple of --steps_per_epoch"),
        ("--discriminator_normalization=instance", "value should be one of <batch|layer|none>"),
        ("--network=mlp --discriminator_normalization=batch", "only a dcgan has the last two to choose"),
        ("--network=ResNet --discriminator_dropout=0.5", "only a dcgan has the last two to choose"),
        ("--lazy_penalty_every=4", "the last one is for a penalty given by one of the others"),
        ("--nohealth --rollbacks=1", "--rollbacks needs --health"),
        ("--steps=100 --warm_up_steps=100", "--warm_up_steps must be fewer than --steps"),
        ("--beta_1=0", "the last two are for --optimizer=adam"),
        ("--download", "only TensorFlow Datasets take the last two"),
        ("--skip_corrupt", "only a folder has files to skip"),
    ],
)
def test_a_wrong_flag_is_told_before_anything_is_imported(flag, message):
    got = start(*flag.split())
    assert got.returncode == 1
    assert message in got.stderr
    assert "Traceback" not in got.stderr


def test_help_shows_the_flags_of_the_script_first():
    got = start("--help").stdout
    assert got.startswith("Train any GAN of keras_gan")
    assert re.search(r"flags:\s+\S*train.py:\n  --batch_size: Images in a minibatch.\n", got)
    assert "--verbosity" not in got


class Stopped(Exception):  # noqa: N818 - no error, but the end of a process
    """What a kill is to the tests that stay in this process."""


@pytest.mark.usefixtures("eager")
@pytest.mark.filterwarnings("ignore:2,000 samples against 360 real images:UserWarning")
def test_the_best_gan_by_the_test_split_is_kept(train, tmp_path, monkeypatch):
    whole = keras_gan.metrics.train_extractor
    monkeypatch.setattr(keras_gan.metrics, "train_extractor", lambda *a, **options: whole(*a, **options, steps=20))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    train("--steps=3", "--steps_per_epoch=1", "--evaluate_every=2", "--ema_half_life=10", "--flip")
    assert keras.saving.load_model(tmp_path / "run" / "best.keras").training_state.step.numpy() in (2, 3)
    best = keras_gan.metrics.Report.load(tmp_path / "run" / "best.json")["frechet_distance"]
    assert best.floor < best.value
    assert (best.num_real, best.num_fake, best.split) == (360, 2000, "test")
    assert "frechet_distance" in (tmp_path / "run" / "losses.csv").read_text()


def test_an_evaluation_needs_labels(error, tmp_path):
    for name in range(3):
        Image.fromarray(np.full((8, 8), 80 * name, np.uint8)).save(tmp_path / f"{name}.png")
    assert "labels" in error(f"--dataset={tmp_path}", "--batch_size=2", "--evaluate_every=1")


@pytest.mark.usefixtures("eager")
def test_a_stopped_run_goes_on_and_a_finished_one_can_be_made_longer(script, train, tmp_path, monkeypatch):
    flags = ["--gan=hinge", "--spectral_normalization", "--discriminator_normalization=none", "--steps_per_epoch=4"]
    flags.append("--discriminator_steps=1")
    never_stopped, _ = train(*flags, "--steps=12", run_dir=tmp_path / "never_stopped")

    def stop_at_step_6(callback, batch, logs=None):
        if int(callback.model.training_state.step) == 6:
            raise Stopped

    with monkeypatch.context() as patch:
        patch.setattr(keras_gan.callbacks.LossCurves, "on_train_batch_end", stop_at_step_6)
        with pytest.raises(Stopped):
            run_script(script, *flags, "--steps=8", "--checkpoint_every=3", f"--run_dir={tmp_path / 'run'}")
    finished, printed = train(*flags, "--steps=8", "--keep_checkpoints=1")
    assert "Resuming from step 3" in printed
    gan, printed = train(*flags, "--steps=8")
    assert "Training had ended at step 8" in printed
    assert gan.fingerprint() == finished.fingerprint()
    gan, printed = train(*flags, "--steps=12")
    assert gan.fingerprint() == never_stopped.fingerprint()
    assert "--steps=12\n" in (tmp_path / "run" / "flags.txt").read_text()
    assert (tmp_path / "run" / "losses.csv").read_text().count("\n") == 4


def test_a_killed_run_goes_on_in_another_process(finished, tmp_path):
    run_dir = tmp_path / "killed"
    arguments = [
        f"--flagfile={finished / 'flags.txt'}",
        "--export_dir=",
        "--checkpoint_every=1",
        f"--run_dir={run_dir}",
    ]
    with subprocess.Popen([sys.executable, str(SCRIPT), *arguments], stdout=subprocess.DEVNULL) as process:
        while not list(run_dir.glob("checkpoints/step_*.npz")) and process.poll() is None:
            time.sleep(0.001)
        process.kill()
    assert process.returncode == -9
    assert not (run_dir / "gan.keras").exists()
    again = start(*arguments)
    assert again.returncode == 0, again.stderr
    assert "Resuming from step" in again.stdout
    never_stopped = keras.saving.load_model(finished / "gan.keras")
    assert again.stdout.splitlines()[-1] == f"fingerprint {never_stopped.fingerprint()}"


@pytest.fixture
def begun(script, tmp_path):
    """The directory of a run that has a checkpoint, as far as can be seen from outside."""
    run_dir = tmp_path / "run"
    (run_dir / "checkpoints").mkdir(parents=True)
    (run_dir / "checkpoints" / "step_000000002.npz").touch()
    with flagsaver.flagsaver():
        flags.FLAGS([str(SCRIPT), *TINY, "--steps_per_epoch=2", "--flip", f"--run_dir={run_dir}"])
        script.run_flags.record(script.own_flags(), run_dir)
    return run_dir


@pytest.mark.parametrize(
    "flag, before, given",
    [
        ("--flip --seed=1", "--seed=0", "--seed=1"),
        ("--noflip", "--flip", "--noflip"),
        ("--flip --gan=hinge", "--gan=WGANGP", "--gan=hinge"),
        ("--flip --r1=2", "no --r1", "--r1=2.0"),
        ("--flip --jit_compile", "no --jit_compile", "--jit_compile"),
        ("--flip --steps=100", "--steps_per_epoch=2", "--steps_per_epoch=100"),
    ],
)
def test_other_flags_do_not_go_on_with_a_run(begun, error, flag, before, given):
    assert error(*flag.split()) == (
        f"Error: The run in this directory was started with {before}: give the same to go on with it, or choose "
        f"another --run_dir. Received: {given}, --run_dir={begun}"
    )


@pytest.mark.usefixtures("begun")
def test_a_run_cannot_be_made_shorter(error):
    assert error("--flip", "--steps_per_epoch=2", "--steps=1") == (
        "Error: A run can be made longer than its --steps=2, not shorter. Received: --steps=1"
    )


@pytest.mark.usefixtures("eager")
def test_a_wrong_flag_does_not_bind_the_run(error, train):
    error("--batch_size=2000")
    train("--batch_size=8")


def test_a_trained_gan_without_checkpoints_is_not_overwritten(tmp_path):
    (tmp_path / "gan.keras").write_text("trained for days")
    got = start(f"--run_dir={tmp_path}")
    assert got.returncode == 1
    assert got.stderr == (
        "Error: This directory holds a trained GAN, and no checkpoint to go on from: choose another, or remove this "
        f"one. Received: --run_dir={tmp_path}\n"
    )
    assert "Traceback" in start(f"--run_dir={tmp_path}", "--verbosity=1").stderr
    assert (tmp_path / "gan.keras").read_text() == "trained for days"


@pytest.mark.usefixtures("eager")
@pytest.mark.filterwarnings("ignore:Step 2. d_loss = nan.*rollback 1 of 1:UserWarning")
def test_a_training_that_diverges_ends_in_one_line(script, tmp_path):
    rates = ["--optimizer=adam", "--generator_learning_rate=1e30"]
    watched = ["--health", "--rollbacks=1", "--checkpoint_every=1", "--steps=4", f"--run_dir={tmp_path}"]
    with pytest.raises(SystemExit) as stop:
        run_script(script, "--gan=non_saturating", *rates, *watched)
    assert re.match(r"Error: Training diverged at step 2 after 1 rollbacks: .*[^\n]*$", stop.value.code)


@pytest.mark.parametrize("flag", ["run_dir", "export_dir"])
def test_a_directory_that_cannot_be_made(error, tmp_path, flag):
    (tmp_path / "file").touch()
    below = tmp_path / "file" / "below"
    assert error(f"--{flag}={below}") == (
        "Error: No file can be written in this directory (Not a directory): choose one that exists or can be made, and "
        f"that you may write to. Received: --{flag}={below}"
    )


def test_words_that_are_no_flags(error):
    assert "Give flags alone, as in --steps=100. Received: digits 32" in error("digits", "32")


@pytest.mark.parametrize(
    "flag, message",
    [
        ("--gan=wgan_pg", r"no such gan. Did you mean WGANGP\? There are .*WGAN, WGANGP.* Received: --gan=wgan_pg"),
        ("--gan=TwoPlayerGAN", r"no such gan\..* There are .*Received: --gan=TwoPlayerGAN"),
        (
            "--network=dcgam",
            r"no such network. Did you mean dcgan\? There are dcgan, dense_dcgan, mlp, resnet\. .*=dcgam",
        ),
        ("--network=q", r"no such network. There are dcgan, dense_dcgan, mlp"),
        ("--dataset=digts", r"Did you mean 'digits'.*source='digts'"),
        ("--dataset=/no/such/folder", r"no such folder. Received: source='/no/such/folder'"),
        ("--split=trian", r"split.*Received: .*trian"),
        ("--channels=2", r"`channels` must be 1 .*Received: channels=2"),
        ("--batch_size=2000", r"1437 images, fewer than one batch.*Received: batch_size=2000"),
        ("--image_size=2x1", r"picture is too small.*Received: image_shape=\(2, 1, 1\)"),
        ("--discriminator_normalization=batch --image_size=16", r"gradient penalty.*'norm_1' is a BatchNormalization"),
        ("--ema_half_life=0", r"Received: ema_half_life=0.0"),
    ],
)
def test_what_cannot_be_trained_is_told_in_one_line(error, flag, message):
    assert re.search(message, error(*flag.split()))
