"""The run directory of the training script: what a run leaves, how it resumes, and which flags are refused."""

import json
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
from absl.testing import flagsaver
from PIL import Image

import keras_gan

pytestmark = pytest.mark.usefixtures("eager")

SCRIPT = Path(__file__).parents[2] / "examples" / "train.py"


@pytest.fixture(scope="module")
def finished(run_script, tmp_path_factory, eager):
    """The directory of a run that was exported to its sub-folder "served"."""
    run_dir = tmp_path_factory.mktemp("runs") / "finished"
    length = ["--steps=4", "--steps_per_epoch=2"]
    parts = ["--gan=ls", "--flip", "--ema_half_life=10", "--health"]
    run_script(*length, *parts, f"--run_dir={run_dir}", f"--export_dir={run_dir.parent / 'served'}")
    return run_dir


def start(*arguments):
    """Run the script as a user does."""
    command = [sys.executable, str(SCRIPT), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def test_the_run_directory_holds_pictures_curves_events_and_flags(finished, tmp_path):
    gan = keras.saving.load_model(finished / "gan.keras")
    assert int(gan.training_state.step) == 4
    assert sorted(path.name for path in finished.iterdir()) == [
        "checkpoints",
        "flags.txt",
        "gan.keras",
        "health.json",
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
        "step_000000002.npz",
        "step_000000004.npz",
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


@pytest.mark.long
def test_the_flags_of_a_run_repeat_it(finished, train, tmp_path):
    first = keras.saving.load_model(finished / "gan.keras")
    recorded = [f"--flagfile={finished / 'flags.txt'}", "--export_dir="]
    again, _ = train(*recorded, run_dir=tmp_path / "again")
    assert again.fingerprint() == first.fingerprint()
    other, _ = train(*recorded, "--seed=1", run_dir=tmp_path / "other")
    assert other.fingerprint() != first.fingerprint()


class Stopped(Exception):  # noqa: N818 - no error, but the end of a process
    """What a kill is to the tests that stay in this process."""


@pytest.mark.long
def test_a_stopped_run_goes_on_and_a_finished_one_can_be_made_longer(run_script, train, tmp_path, monkeypatch):
    flags = ["--gan=hinge", "--network=mlp", "--spectral_normalization", "--discriminator_steps=1"]
    flags.append("--steps_per_epoch=2")
    never_stopped, _ = train(*flags, "--steps=6", run_dir=tmp_path / "never_stopped")

    def stop_at_step_4(callback, batch, logs=None):
        if int(callback.model.training_state.step) == 4:
            raise Stopped

    with monkeypatch.context() as patch:
        patch.setattr(keras_gan.callbacks.LossCurves, "on_train_batch_end", stop_at_step_4)
        with pytest.raises(Stopped):
            run_script(*flags, "--steps=4", "--checkpoint_every=3", f"--run_dir={tmp_path / 'run'}")
    finished, printed = train(*flags, "--steps=4", "--keep_checkpoints=1")
    assert "Resuming from step 3" in printed
    gan, printed = train(*flags, "--steps=4")
    assert (
        "This run is complete at step 4, so nothing is trained. To train on, give a larger --steps; to start" in printed
    )
    assert "`" not in printed
    assert gan.fingerprint() == finished.fingerprint()
    gan, printed = train(*flags, "--steps=6")
    assert gan.fingerprint() == never_stopped.fingerprint()
    assert "--steps=6\n" in (tmp_path / "run" / "flags.txt").read_text()
    assert (tmp_path / "run" / "losses.csv").read_text().count("\n") == 4


@pytest.mark.long
def test_a_killed_run_goes_on_in_another_process(tmp_path):
    arguments = ["--gan=ls", "--ema_half_life=10", "--width=4", "--steps=40", "--steps_per_epoch=20"]
    never_stopped = start(*arguments, f"--run_dir={tmp_path / 'never_stopped'}")
    assert never_stopped.returncode == 0, never_stopped.stderr
    run_dir = tmp_path / "killed"
    arguments += ["--checkpoint_every=1", f"--run_dir={run_dir}"]
    with subprocess.Popen([sys.executable, str(SCRIPT), *arguments], stdout=subprocess.DEVNULL) as process:
        while not list(run_dir.glob("checkpoints/step_*.npz")) and process.poll() is None:
            time.sleep(0.001)
        process.kill()
    assert process.returncode == -9
    assert not (run_dir / "gan.keras").exists()
    again = start(*arguments)
    assert again.returncode == 0, again.stderr
    assert "Resuming from step" in again.stdout
    assert again.stdout.splitlines()[-1] == never_stopped.stdout.splitlines()[-1]


@pytest.fixture
def begun(train_script, train_flags, tmp_path):
    """The directory of a run that has a checkpoint, as far as can be seen from outside."""
    run_dir = tmp_path / "run"
    (run_dir / "checkpoints").mkdir(parents=True)
    (run_dir / "checkpoints" / "step_000000002.npz").touch()
    with flagsaver.flagsaver():
        train_flags("--steps_per_epoch=2", "--flip", f"--run_dir={run_dir}")
        train_script.run_flags.record(train_script.train_flags.own(), run_dir)
    return run_dir


@pytest.fixture
def directory_for(train_script, train_flags, tmp_path):
    """The function that returns the directory of a run with the given flags and the --run_dir of `begun`."""

    def find(*arguments):
        with flagsaver.flagsaver():
            train_flags(*arguments, f"--run_dir={tmp_path / 'run'}")
            return train_script.run_directory()

    return find


@pytest.mark.parametrize(
    "flag, before, given",
    [
        ("--flip --seed=1", "--seed=0", "--seed=1"),
        ("--noflip", "--flip", "--noflip"),
        ("--flip --gan=hinge", "--gan=NonSaturatingGAN", "--gan=hinge"),
        ("--noflip --seed=1", "--flip --seed=0", "--noflip --seed=1"),
        ("--flip --r1=2", "no --r1", "--r1=2.0"),
        ("--flip --jit_compile", "no --jit_compile", "--jit_compile"),
        ("--flip --steps=100 --steps_per_epoch=100", "--steps_per_epoch=2", "--steps_per_epoch=100"),
    ],
)
def test_other_flags_get_another_directory(begun, directory_for, capsys, flag, before, given):
    assert directory_for("--steps_per_epoch=2", *flag.split()) == begun.with_name("run_2")
    assert capsys.readouterr().out == (
        f"{begun} holds another run ({before} there, {given} here): the results of this run go to {begun}_2. "
        "To resume that run with these flags, add --resume\n"
    )


def test_the_other_directory_is_the_first_free_one_or_the_one_of_the_same_flags(begun, directory_for):
    shutil.copytree(begun, f"{begun}_2")
    assert directory_for("--flip", "--steps_per_epoch=2", "--seed=1") == begun.with_name("run_3")
    record = begun.with_name("run_2") / "flags.txt"
    record.write_text(record.read_text().replace("--seed=0", "--seed=1"))
    assert directory_for("--flip", "--steps_per_epoch=2", "--seed=1") == begun.with_name("run_2")
    assert directory_for("--flip", "--steps_per_epoch=2") == begun


def test_a_run_resumes_with_other_flags_if_it_is_told_to(begun, directory_for, capsys):
    moved = ["--dataset=/elsewhere", "--flip", "--steps_per_epoch=2"]
    assert directory_for(*moved) == begun.with_name("run_2")
    capsys.readouterr()
    assert directory_for(*moved, "--resume") == begun
    # What has told it to is no setting of the run.
    assert directory_for("--flip", "--steps_per_epoch=2", "--resume") == begun
    assert not re.search(r"^--(no)?resume", (begun / "flags.txt").read_text(), re.MULTILINE)
    (begun / "flags.txt").unlink()
    assert directory_for(*moved, "--resume") == begun
    assert capsys.readouterr().out == ""


def test_only_a_run_that_is_there_and_not_longer_resumes(begun, directory_for):
    before = (begun / "flags.txt").read_text().partition("--steps=")[2].partition("\n")[0]
    with pytest.raises(ValueError, match=rf"can be made longer than its --steps={before}, not shorter"):
        directory_for("--steps=1", "--seed=1", "--resume")
    shutil.rmtree(begun / "checkpoints")
    with pytest.raises(ValueError, match=r"There is no run to resume, .* give the directory of the run, or leave"):
        directory_for("--resume")


@pytest.mark.parametrize("name", ["gan.keras", "vocoder.keras"])
def test_a_trained_model_without_checkpoints_is_not_overwritten(name, directory_for, tmp_path, capsys):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / name).write_text("trained for days")
    assert directory_for() == tmp_path / "run_2"
    assert "run holds a trained model without checkpoints: the results of this run go to " in capsys.readouterr().out


@pytest.mark.long
def test_a_second_run_trains_in_a_directory_of_its_own_and_resumes_there(run_script, tmp_path, capsys):
    flags = ["--gan=hinge", "--network=mlp", "--discriminator_steps=1", f"--run_dir={tmp_path / 'run'}"]
    run_script(*flags)
    first = (tmp_path / "run" / "gan.keras").read_bytes()
    run_script(*flags, "--seed=1")
    assert f"--run_dir={tmp_path / 'run_2'}\n" in (tmp_path / "run_2" / "flags.txt").read_text()
    capsys.readouterr()
    run_script(*flags, "--seed=1")
    printed = capsys.readouterr().out
    assert re.search(r"This run is complete at step 2", printed)
    assert (tmp_path / "run" / "gan.keras").read_bytes() == first


@pytest.mark.parametrize(
    "change, message",
    [
        (lambda text: "", r"lacks --dataset --split .*: it was cut or changed"),
        (lambda text: text[: text.index("--steps=")], r"lacks --steps --steps_per_epoch .*: it was cut or changed"),
        (lambda text: text.replace("--steps=2\n", "--steps=2,5\n"), r"has '--steps=2,5': it was cut or changed"),
        (lambda text: text + "\x00\x00\x00", r"has a line that is no flag, '\\x00\\x00\\x00': it was cut or changed"),
    ],
)
def test_a_record_of_flags_that_is_damaged_is_one_line(begun, error, change, message):
    record = begun / "flags.txt"
    record.write_text(change(record.read_text()))
    found = error("--flip", "--steps_per_epoch=2")
    assert re.match(rf"Error: The record of this run's flags {message}", found)
    assert found.endswith(f"the run resumes with the flags that you give now. Received: {record}")


def test_a_record_of_flags_may_have_comments_and_empty_lines_or_be_lost(begun, train_script, train_flags):
    record = begun / "flags.txt"
    record.write_text(f"# my best run\n\n{record.read_text()}\n// of 2026\n")
    with flagsaver.flagsaver():
        train_flags("--steps_per_epoch=2", "--flip", f"--run_dir={begun}")
        assert train_script.run_flags.free_directory(train_script.train_flags.own(), begun) == begun
        record.unlink()
        assert train_script.run_flags.free_directory(train_script.train_flags.own(), begun) == begun


def test_a_folder_whose_name_is_not_utf_8_is_recorded(begun, train_script, train_flags):
    with flagsaver.flagsaver():
        train_flags("--dataset=/data/caf\udce9", "--steps_per_epoch=2", f"--run_dir={begun}")
        train_script.run_flags.record(train_script.train_flags.own(), begun)
        assert train_script.run_flags.free_directory(train_script.train_flags.own(), begun) == begun
    assert b"--dataset=/data/caf\xe9\n" in (begun / "flags.txt").read_bytes()


@pytest.mark.parametrize("name", ["a\nb", "a\rb", "a\u2028b"])
def test_a_line_break_in_a_flag_is_refused(error, name):
    assert re.match(
        r"Error: A flag must not have a line break, because flags.txt has a line for each: --dataset. Received: '",
        error(f"--dataset={name}"),
    )


@pytest.mark.parametrize("flag", ["run_dir", "export_dir"])
def test_a_directory_that_is_not_local(error, flag, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert error(f"--{flag}=gs://bucket/a") == (
        f"Error: Give a local path: not an empty one, and none as gs://. Received: --{flag}=gs://bucket/a"
    )
    assert "No home folder is known" in error(f"--{flag}=~nobody-of-this-name/a")
    assert not list(tmp_path.glob("gs*"))


def test_the_home_folder(train_script, train_flags, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    with flagsaver.flagsaver():
        train_flags("--run_dir=~/run")
        assert train_script.run_flags.local_path(train_script.FLAGS["run_dir"]) == tmp_path / "run"


@pytest.mark.usefixtures("begun")
def test_a_run_cannot_be_made_shorter(error):
    assert error("--flip", "--steps_per_epoch=2", "--steps=1") == (
        "Error: A run can be made longer than its --steps=2, not shorter: give another --run_dir. Received: --steps=1"
    )


@pytest.mark.long
def test_a_wrong_flag_does_not_bind_the_run(error, train):
    error("--batch_size=2000")
    train("--batch_size=8")


@pytest.mark.long
def test_an_error_is_one_line_and_its_traceback_comes_when_asked_for(tmp_path):
    got = start("--gan=q", f"--run_dir={tmp_path / 'run'}")
    assert (got.returncode, got.stdout) == (1, "")
    assert re.fullmatch(r"Error: There is no such gan\. .*Received: --gan=q\n", got.stderr)
    assert "Traceback" in start("--gan=q", "--verbosity=1").stderr
    assert not (tmp_path / "run").exists()


@pytest.mark.long
@pytest.mark.filterwarnings("ignore:Step 2. d_loss = nan.*rollback 1 of 1:UserWarning")
def test_a_training_that_diverges_ends_in_one_line(run_script, tmp_path):
    rates = ["--optimizer=adam", "--generator_learning_rate=1e30"]
    watched = ["--health", "--rollbacks=1", "--checkpoint_every=1", "--steps=4", f"--run_dir={tmp_path}"]
    with pytest.raises(SystemExit) as stop:
        run_script("--gan=non_saturating", *rates, *watched)
    assert re.match(r"Error: Training diverged at step 2 after 1 rollbacks: .*[^\n]*$", stop.value.code)


@pytest.mark.parametrize("flag", ["run_dir", "export_dir"])
def test_a_directory_that_cannot_be_made(error, tmp_path, flag):
    (tmp_path / "file").touch()
    below = tmp_path / "file" / "below"
    assert error(f"--{flag}={below}") == (
        "Error: No file can be written in this directory (Not a directory): choose one that exists or can be made, and "
        f"that you may write to. Received: --{flag}={below}"
    )


@pytest.mark.parametrize(
    "flag, message",
    [
        ("--bacth_size=8", "Unknown command line flag 'bacth_size'. Did you mean: batch_size"),
        ("--steps=0", "--steps=0: 0 is not a positive integer"),
        ("--image_size=32,32", "--image_size=32,32: must be as 32 or 112x92, or 0"),
        ("--steps=150", "--steps must be a multiple of --steps_per_epoch"),
        ("--steps_per_execution=3", "--steps_per_epoch must be a multiple of --steps_per_execution"),
        ("--discriminator_normalization=instance", "value should be one of <batch|layer|none>"),
        ("--network=mlp --discriminator_normalization=batch", "_normalization is only for --network=acgan, dcgan,"),
        ("--network=ResNet --discriminator_dropout=0.5", "--discriminator_dropout is only for --network=acgan, dcgan."),
        ("--penalties=r1", "must be as r1:10,r2:10, of approximate_r1,"),
        ("--penalties=r1:-1", "must be as r1:10,r2:10"),
        ("--penalties=lipschitz:1", "path_length, r1, r2"),
        ("--lazy_penalty_every=4", "is for a penalty given by --r1, --gradient_penalty or --penalties"),
        ("--nohealth --rollbacks=1", "--rollbacks needs --health"),
        ("--steps=100 --warm_up_steps=100", "--warm_up_steps must be fewer than --steps"),
        ("--beta_1=0", "--beta_1 and --beta_2 are for --optimizer=adam. Received: --optimizer=default --beta_1=0.0"),
        ("--download", "only TensorFlow Datasets take --data_dir"),
        ("--skip_corrupt", "only a folder has files to skip"),
    ],
)
def test_a_wrong_flag_is_told_before_anything_is_imported(flag, message):
    got = start(*flag.split())
    assert got.returncode == 1
    assert message in got.stderr
    assert "Traceback" not in got.stderr


@pytest.mark.long
@pytest.mark.parametrize("flag", ["--help", "--helpshort"])
def test_help_shows_the_flags_in_groups_with_all_choices(train_script, flag):
    got = start(flag)
    assert (got.returncode, got.stderr) == (0, "")
    assert got.stdout.startswith("Train any GAN of keras_gan")
    headings = re.findall(r"^[A-Z]\w+$", got.stdout, re.MULTILINE)
    assert headings == ["Preset", "Images", "GAN", "Transfer", "Networks", "Optimizers", "Training", "Files"]
    assert re.search(r"^  --batch_size=64 +Images in a minibatch.$", got.stdout, re.MULTILINE)
    words = " ".join(got.stdout.split())
    for names in (train_script.train_flags.GANS, train_script.train_flags.NETWORKS):
        assert ", ".join(names) in words
    assert max(map(len, got.stdout.splitlines())) <= 120
    assert "--verbosity" not in got.stdout


def test_help_shows_every_flag_that_is_recorded(train_script):
    names = [name for group in train_script.train_flags.GROUPS.values() for name in group]
    assert sorted(names) == sorted({flag.name for flag in train_script.train_flags.own()} | {"dry_run", "resume"})
    assert len(names) == len(set(names))


def test_words_that_are_no_flags(error):
    assert "Give only flags, as in --steps=100. Received: digits 32" in error("digits", "32")


@pytest.mark.parametrize(
    "flag, message",
    [
        ("--gan=wgan_pg", r"no such gan. Did you mean WGANGP\? There are .*WGAN, WGANGP.* Received: --gan=wgan_pg"),
        ("--gan=TwoPlayerGAN", r"no such gan\..* There are .*Received: --gan=TwoPlayerGAN"),
        (
            "--network=dcgam",
            r"no such network. Did you mean dcgan\? There are acgan, .*, wgan_gp_resnet. Received: --net",
        ),
        ("--network=q", r"no such network. There are acgan, biggan, dcgan,"),
        ("--dataset=digts", r"Did you mean 'digits'.*source='digts'"),
        ("--dataset=/no/such/folder", r"no such folder. Received: source='/no/such/folder'"),
        ("--split=trian", r"split.*Received: .*trian"),
        ("--channels=2", r"`channels` must be 1 .*Received: channels=2"),
        ("--batch_size=2000", r"1437 images, fewer than one batch.*Received: batch_size=2000"),
        ("--image_size=2x1", r"picture is too small.*Received: image_shape=\(2, 1, 1\)"),
        (
            "--gan=WGANGP --discriminator_normalization=batch --image_size=16",
            r"gradient penalty.*'norm_1' is a BatchNormalization",
        ),
        ("--ema_half_life=0", r"Received: ema_half_life=0.0"),
    ],
)
def test_what_cannot_be_trained_is_told_in_one_line(error, flag, message):
    assert re.search(message, error(*flag.split()))


@pytest.mark.long
def test_an_evaluation_needs_images_to_hold_out(error, tmp_path):
    for name in range(3):
        Image.fromarray(np.full((8, 8), 80 * name, np.uint8)).save(tmp_path / f"{name}.png")
    message = error(f"--dataset={tmp_path}", "--batch_size=2", "--evaluate_every=1")
    assert "too few images to hold a tenth of them out: 20 are needed" in message
