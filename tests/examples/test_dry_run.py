"""What a dry run says, and that it writes nothing."""

import re

import pytest

import keras_gan

pytestmark = pytest.mark.usefixtures("eager")


def test_a_dry_run_says_what_the_run_needs_and_writes_nothing(run_script, tmp_path, capsys):
    run_script("--network=mlp", "--gan=hinge", "--dry_run", "--steps=200", f"--run_dir={tmp_path / 'run'}")
    lines = capsys.readouterr().out.splitlines()
    assert re.match(r"1,437 images of shape \(8, 8, 1\); HingeGAN: .*generator of [\d,]+ parameters, ", lines[0])
    assert re.fullmatch(r"Speed: [\d.]+ m?s/step, and \d+ s for the first one, which compiles.", lines[1])
    assert re.fullmatch(r"Time: 200 steps take about [\d mins]+; the first picture comes after \d+ s.", lines[2])
    assert re.match(r"Memory: at most [\d.]+ [MG]B", lines[3])
    assert re.fullmatch(r"Disk: \d+ kB a checkpoint, about [\d.]+ [kM]B in all.", lines[4])
    assert list(tmp_path.iterdir()) == []


@pytest.fixture(scope="module")
def dry_run(load_script):
    """The script as a module."""
    return load_script("examples", "dry_run.py")


def test_the_size_of_a_checkpoint_is_that_of_its_file(dry_run, tmp_path):
    gan = keras_gan.LSGAN(*keras_gan.networks.mlp(image_shape=(8, 8, 1), latent_dim=8, width=128))
    gan.compile()
    images = keras_gan.data.load("digits", batch_size=8)
    checkpoint = keras_gan.callbacks.Checkpoint(tmp_path)
    gan.fit(images, steps_per_epoch=1, callbacks=[checkpoint], verbose=0)
    assert dry_run.checkpoint_size(gan) == pytest.approx(checkpoint.latest.stat().st_size, rel=0.05)


@pytest.mark.parametrize(
    "step, steps_per_epoch, first_picture", [(4.0, 100, "14 s"), (0.01, 100, "9 s"), (0.01, 2000, "10 s")]
)
def test_the_first_picture_comes_by_the_clock_or_at_the_end_of_an_epoch(dry_run, step, steps_per_epoch, first_picture):
    gan = keras_gan.LSGAN(*keras_gan.networks.mlp(image_shape=(8, 8, 1), latent_dim=8, width=4))
    gan.compile()
    needs = dry_run.Needs(first_step=8.0, step=step, picture=0.1, picture_size=1000)
    told = dry_run.describe(
        needs, gan, steps=2000, steps_per_epoch=steps_per_epoch, keep_checkpoints=3, evaluate_every=0
    )
    assert f"the first picture comes after {first_picture}." in told
