"""The script that measures, on everything that it says it takes."""

import sys
import warnings

import keras
import numpy as np
import pytest
from absl import flags
from absl.testing import flagsaver
from PIL import Image

import keras_gan
from keras_gan.metrics import Report


@pytest.fixture(scope="module")
def script(load_command):
    """The module."""
    return load_command("evaluate")


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    """A folder with a GAN, its export, a network for features and the images of the train split."""
    folder = tmp_path_factory.mktemp("models")
    keras.utils.set_random_seed(0)
    gan = keras_gan.LSGAN(*keras_gan.networks.mlp(image_shape=(8, 8, 1), latent_dim=3, width=8))
    gan.save(folder / "gan.keras")
    keras_gan.export.save(gan, folder / "served")
    network = [keras.Input((8, 8, 1)), keras.layers.Flatten(), keras.layers.Dense(4)]
    keras.Sequential(network).save(folder / "features.keras")
    (folder / "losses.csv").write_text("epoch,d_loss,g_loss\n1,0.5,0.25\n2,0.25,0.5\n")
    (folder / "epochs.csv").write_text("epoch,d_loss\n1,0.5\n,0.25\n")
    (folder / "latin.csv").write_bytes("epoch,d_loss\n1,é\n".encode("latin-1"))
    (folder / "bare.csv").write_text("epoch\n1\n")
    (folder / "empty.csv").write_text("")
    (folder / "cut.keras").write_bytes((folder / "gan.keras").read_bytes()[:-50])
    (folder / "images").mkdir()
    digits = keras_gan.data.load("digits", batch_size=64)
    for number, image in enumerate(np.concatenate(list(digits.one_pass()))):
        pixels = np.rint((image[..., 0] + 1) * 127.5).astype("uint8")
        Image.fromarray(pixels).save(folder / "images" / f"{number:04d}.png")
    return folder


def evaluate(script, models, *arguments, samples="gan.keras"):
    """Run the script on one of the models; return its report."""
    given = [f"--samples={models / samples}", f"--extractor={models / 'features.keras'}", "--metrics=frechet_distance"]
    out = models / "out"
    with flagsaver.flagsaver(), warnings.catch_warnings(action="error"):
        script.main(flags.FLAGS(["evaluate.py", *given, "--num_images=300", f"--out={out}", *arguments]))
    assert (out / "report.png").read_bytes().startswith(b"\x89PNG")
    return Report.load(out / "report.json")


@pytest.mark.long
def test_a_gan_and_its_export_get_the_same_numbers(script, models, capsys):
    of_the_gan = evaluate(script, models)
    assert str(of_the_gan["frechet_distance"]) in capsys.readouterr().out
    of_the_export = evaluate(script, models, samples="served")
    assert dict(of_the_gan) == dict(of_the_export)
    result = of_the_gan["frechet_distance"]
    assert (result.num_fake, result.num_real, result.split) == (300, 360, "test")
    assert result.interval[0] < result.value < result.interval[1]
    assert result.floor < result.value


@pytest.mark.long
def test_real_images_in_a_folder_are_as_good_as_the_floor(script, models):
    result = evaluate(script, models, "--num_images=1437", samples="images")["frechet_distance"]
    assert result.value == pytest.approx(result.floor)


@pytest.mark.long
def test_the_page_shows_numbers_pictures_and_curves(script, models):
    evaluate(script, models)
    page = (models / "out" / "report.html").read_text()
    for heading in ("frechet distance", "nearest real images", "From one latent to another", "Training"):
        assert heading in page


@pytest.mark.long
def test_a_classifier_of_the_train_split_sorts_the_samples(script, models, monkeypatch, tmp_path):
    whole = keras_gan.metrics.train_extractor
    monkeypatch.setattr(keras_gan.metrics, "train_extractor", lambda *a, **options: whole(*a, **options, steps=20))
    load, splits = keras_gan.data.load, []
    monkeypatch.setattr(
        keras_gan.data, "load", lambda *a, **options: splits.append(options["split"]) or load(*a, **options)
    )
    arguments = ["--extractor=classifier", f"--cache_dir={tmp_path}", "--metrics=classifier_score"]
    result = evaluate(script, models, *arguments)["classifier_score"]
    # To read a large folder takes minutes.
    assert splits == ["test", "train"]
    assert 1 <= result.value <= 10
    assert "Samples by class" in (models / "out" / "report.html").read_text()
    assert list(tmp_path.glob("*.npz"))
    assert len(list(tmp_path.glob("digits-*/images.raw"))) == 2


@pytest.mark.long
def test_a_folder_without_labels_or_test_images_is_measured_against_a_tenth(
    script, models, monkeypatch, tmp_path, capsys
):
    whole = keras_gan.metrics.train_extractor
    monkeypatch.setattr(keras_gan.metrics, "train_extractor", lambda *a, **options: whole(*a, **options, steps=60))
    arguments = ["--extractor=classifier", f"--cache_dir={tmp_path}", f"--dataset={models / 'images'}"]
    result = evaluate(script, models, *arguments)["frechet_distance"]
    assert (result.extractor, result.num_real, result.split) == ("rotation_classifier", 143, "test")
    assert "has no test images: 143 of its images are held out" in capsys.readouterr().out
    assert "Samples by class" not in (models / "out" / "report.html").read_text()


@pytest.mark.long
@pytest.mark.parametrize("path", ["link", pytest.param("images", marks=pytest.mark.long)])
def test_a_folder_is_not_compared_with_itself(script, models, path):
    if not (models / "link").exists():
        (models / "link").symlink_to(models / "images")
    with pytest.raises(SystemExit, match=r"Error: The samples and the real images are the same images"):
        evaluate(script, models, f"--dataset={models / 'images'}", samples=path)


@pytest.mark.long
@pytest.mark.usefixtures("script")
def test_the_floor_is_not_the_split_itself(models):
    given = ["evaluate.py", f"--samples={models / 'gan.keras'}", "--split=train"]
    with flagsaver.flagsaver(), pytest.raises(flags.IllegalFlagValueError, match="must be another part than --split"):
        flags.FLAGS(given)


@pytest.mark.long
@pytest.mark.parametrize(
    "arguments, message",
    [
        (
            ["--samples=nowhere.keras"],
            r"Error: Expected a .keras file, a SavedModel or a folder. Received: --samples=now",
        ),
        (["--metrics=frechet"], r"Error: There is no such metric. Did you mean 'frechet_distance'"),
        (["--split=tests"], r"Error: .*no such split"),
        (["--dataset=no_such_folder/"], r"Error: .*no_such_folder"),
        (["--extractor=nowhere.tflite"], r"Error: .*nowhere.tflite"),
        (["--out=gs://bucket/out"], r"Error: Give a local path: .* Received: --out=gs://bucket/out"),
        (
            ["--samples=s3://bucket/gan.keras"],
            r"Error: Give a local path: .* Received: --samples=s3://bucket/gan.keras",
        ),
        (["--curves=nowhere.csv"], r"Error: .*No such file or directory: 'nowhere.csv'"),
        (["--curves={}/images/0000.png"], r"Error: The table of losses cannot be drawn: .*0000.png"),
        (["--curves={}/epochs.csv"], r"Error: The table of losses .* Received: row 2 is {'epoch': '', .*epochs.csv"),
        (["--curves={}/latin.csv"], r"Error: The table of losses .* no table: 'utf-8' .* Received: file=.*latin.csv"),
        (
            ["--curves={}/bare.csv"],
            r"Error: The table .* with its numbers. Received: columns .'epoch'., file=.*bare.csv",
        ),
        (["--curves={}/empty.csv"], r"Error: The table .* a row for each epoch.* Received: no row, file=.*empty.csv"),
        (["--samples={}/cut.keras"], r"Error: This is not a complete `.keras` file: .* Received: file='.*cut.keras'"),
    ],
)
def test_what_is_wrong_is_one_line(script, models, tmp_path, arguments, message):
    given = [f"--samples={models / 'gan.keras'}", f"--extractor={models / 'features.keras'}", f"--out={tmp_path}"]
    arguments = [argument.replace("{}", str(models)) for argument in arguments]
    with flagsaver.flagsaver(), pytest.raises(SystemExit, match=message):
        script.main(flags.FLAGS(["evaluate.py", *given, *arguments]))


def test_samples_of_a_folder_that_is_sorted_by_class_are_of_all_classes(script):
    source = keras_gan.data.load(
        np.repeat(np.linspace(-1, 1, 4, dtype="float32"), 40)[:, None, None, None], batch_size=1
    )
    with flagsaver.flagsaver():
        flags.FLAGS(["evaluate.py", "--samples=pictures"])
        shown = script.draw(source, 30)
        assert len(shown) == 30
        assert len(np.unique(shown[: script.SHOWN])) == 4
        np.testing.assert_array_equal(script.draw(source, 30), shown)


def test_of_a_run_the_gan_is_measured_and_the_doubts_are_told_once(script, models, tmp_path, capsys):
    (tmp_path / "gan.keras").write_bytes((models / "gan.keras").read_bytes())
    (tmp_path / "losses.csv").write_bytes((models / "losses.csv").read_bytes())
    found = list(evaluate(script, models, samples=tmp_path).values())
    printed = capsys.readouterr()
    assert (printed.out + printed.err).count("fewer than 10,000 images") == 1
    assert found == list(evaluate(script, models).values())
    assert (
        "Curves" in (models / "out" / "report.html").read_text()
        or "curves" in (models / "out" / "report.html").read_text()
    )


def test_an_unfinished_run_is_not_measured(script, tmp_path):
    (tmp_path / "flags.txt").write_text("--steps=100\n")
    with flagsaver.flagsaver(), pytest.raises(SystemExit, match=r"not finished.*resumes it\. Received: --samples="):
        script.main(flags.FLAGS(["evaluate.py", f"--samples={tmp_path}", f"--out={tmp_path / 'out'}"]))


def test_a_network_alone_draws_no_samples(script, models, tmp_path):
    given = [f"--samples={models / 'features.keras'}", f"--out={tmp_path}"]
    with flagsaver.flagsaver(), pytest.raises(SystemExit, match="This file holds no GAN"):
        script.main(flags.FLAGS(["evaluate.py", *given]))


def test_an_argument_that_is_no_flag_is_refused(script):
    with flagsaver.flagsaver(), pytest.raises(SystemExit, match=r"Give only flags, as .*Received: extra"):
        script.main([sys.argv[0], "extra"])


def test_pictures_without_a_flag_are_told_the_flag(script, tmp_path):
    with flagsaver.flagsaver(), pytest.raises(SystemExit, match=rf"Did you mean --dataset={tmp_path}\? Received: "):
        script.main([sys.argv[0], str(tmp_path)])
