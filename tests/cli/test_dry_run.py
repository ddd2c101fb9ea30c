"""What a dry run says, and that it writes nothing."""

import re

import pytest

import keras_gan

pytestmark = pytest.mark.usefixtures("eager")


@pytest.mark.long
def test_a_dry_run_says_what_the_run_needs_and_writes_nothing(run_script, tmp_path, capsys):
    run_script("--network=mlp", "--gan=hinge", "--dry_run", "--steps=200", f"--run_dir={tmp_path / 'run'}")
    lines = capsys.readouterr().out.splitlines()
    assert re.match(r"1,437 images of shape \(8, 8, 1\); HingeGAN: .*generator of [\d,]+ parameters, ", lines[0])
    assert re.fullmatch(r"Speed: [\d.]+ m?s/step, and \d+ s for the first one, which compiles.", lines[1])
    assert re.fullmatch(r"Time: 200 steps take about [\d mins]+; the first picture comes after \d+ s.", lines[2])
    assert lines[3] == "Not counted: writing to the disk."
    assert re.match(r"Memory: at most [\d.]+ [MG]B", lines[4])
    assert re.fullmatch(r"Disk: \d+ kB a checkpoint, about [\d.]+ [kM]B in all.", lines[5])
    assert list(tmp_path.iterdir()) == []


@pytest.fixture(scope="module")
def dry_run(load_command):
    """The module."""
    return load_command("dry_run")


def test_the_size_of_a_checkpoint_is_that_of_its_file(dry_run, tmp_path):
    gan = keras_gan.LSGAN(*keras_gan.networks.mlp(image_shape=(8, 8, 1), latent_dim=8, width=128))
    gan.compile()
    images = keras_gan.data.load("digits", batch_size=8)
    checkpoint = keras_gan.callbacks.Checkpoint(tmp_path)
    gan.fit(images, steps_per_epoch=1, callbacks=[checkpoint], verbose=0)
    assert dry_run.checkpoint_size(gan) == pytest.approx(checkpoint.latest.stat().st_size, rel=0.05)


@pytest.fixture(scope="module")
def told(dry_run):
    """The function that returns what is said of a run: its arguments are those of `Needs` and of `describe`."""
    gan = keras_gan.LSGAN(*keras_gan.networks.mlp(image_shape=(8, 8, 1), latent_dim=8, width=4))
    gan.compile()

    def tell(measured, **run):
        nothing = {"first_step": 0.0, "step": 0.0, "picture": 0.0, "picture_size": 0}
        needs = dry_run.Needs(**nothing | {"checkpoint": 0.0, "first_probe": 0.0} | measured)
        return dry_run.describe(needs, gan, **{"steps": 2000, "steps_per_epoch": 100, "keep_checkpoints": 3} | run)

    return tell


@pytest.mark.parametrize(
    "step, steps_per_epoch, first_picture", [(4.0, 100, "14 s"), (0.01, 100, "9 s"), (0.01, 2000, "10 s")]
)
def test_the_first_picture_comes_by_the_clock_or_at_the_end_of_an_epoch(told, step, steps_per_epoch, first_picture):
    measured = {"first_step": 8.0, "step": step, "picture": 0.1, "picture_size": 1000}
    assert f"the first picture comes after {first_picture}." in told(measured, steps_per_epoch=steps_per_epoch)


@pytest.mark.parametrize(
    "measured, run, time",
    [
        ({"checkpoint": 1.0}, {}, "20 s"),
        ({"checkpoint": 1.0}, {"checkpoint_every": 10}, "3 min 20 s"),
        ({"step": 0.05}, {}, "1 min 40 s"),
        # 24 probes, one after each 100 steps and four more at the beginning.
        ({"step": 0.05, "first_probe": 3.0}, {}, "1 min 44 s"),
    ],
)
def test_checkpoints_and_probes_are_counted(told, measured, run, time):
    assert f"Time: 2,000 steps take about {time}; " in told(measured, **run)


@pytest.mark.parametrize(
    "every, named",
    [
        (0, "Not counted: writing to the disk."),
        (None, "writing to the disk, and the measurement at the end."),
        (8, "writing to the disk, and 3 measurements."),
    ],
)
def test_what_is_not_counted_is_named(told, every, named):
    assert named in told({}, evaluate_every=every)


def test_more_checkpoints_than_epochs_need_more_disk(told):
    sizes = [
        re.search(r"about (\d+) kB in all", told({}, steps=100, checkpoint_every=every))[1] for every in (None, 10)
    ]
    assert int(sizes[1]) > int(sizes[0])
