"""The script that finds anomalies: what it writes of a folder, and flags that do not fit each other."""

import csv
import functools

import numpy as np
import pytest
from absl import flags
from absl.testing import flagsaver
from PIL import Image

import keras_gan


@pytest.fixture(scope="module")
def script(load_script):
    """The script as a module."""
    return load_script("examples", "anomalies.py")


class Brightness:
    """A detector that finds bright pictures anomalous, and reconstructs them in grey."""

    sample_shape = (8, 8, 1)

    def score(self, images):
        return images.mean(axis=(1, 2, 3))

    def snapshot(self, num_images, *, seed, inputs):
        return np.stack([inputs[:2], 0 * inputs[:2]], axis=1).reshape(-1, 8, 8, 1), 2


def write(folder, levels):
    folder.mkdir(parents=True)
    for number, level in enumerate(levels):
        Image.fromarray(np.full((8, 8), level, "uint8")).save(folder / f"{number}.png")


def scores_of(path):
    with path.open(newline="") as file:
        return [(row["picture"], float(row["score"])) for row in csv.DictReader(file)]


def test_a_folder_is_scored_and_its_worst_pictures_are_shown(script, tmp_path):
    write(tmp_path / "new", [0, 255, 51])
    (tmp_path / "out").mkdir()
    said = script.score_folder(Brightness(), tmp_path / "new", [-0.9, -0.8], tmp_path / "out", 2)
    assert scores_of(tmp_path / "out" / "scores.csv") == [("1.png", 1.0), ("2.png", -0.6), ("0.png", -1.0)]
    assert said.startswith("Scored 3 pictures; the highest score has 1.png.")
    with Image.open(tmp_path / "out" / "worst.png") as picture:
        pixels = np.asarray(picture)
    # Small pictures are shown eight times as large: two of them, and two in grey.
    assert [(pixels == level).sum() for level in (51, 128)] == [64 * 64, 2 * 64 * 64]
    assert (tmp_path / "out" / "scores.png").is_file()


def test_of_a_folder_with_good_pictures_it_says_how_well_they_are_told_apart(script, tmp_path):
    write(tmp_path / "new" / "good", [0, 10, 200])
    write(tmp_path / "new" / "scratched", [100, 250])
    (tmp_path / "out").mkdir()
    said = script.score_folder(Brightness(), tmp_path / "new", [5.0], tmp_path / "out", 2)
    assert said.startswith("auroc 0.8333")
    assert "2 anomalous and 3 normal images" in said
    assert scores_of(tmp_path / "out" / "scores.csv")[0][0] == "scratched/1.png"


@pytest.mark.parametrize(
    "arguments, message",
    [
        ([], "Nothing to do: give --good"),
        (["--good=a", "--steps=500", "--steps_per_epoch=200"], "multiple of --steps_per_epoch"),
        (["--good=a", "--detector=AnomalyGAN", "--steps=2000"], "give more --steps, or fewer --gan_steps"),
        (["--score=a", "b"], "Give only flags.*Received: b"),
        (["--score=a", "--run_dir=/nowhere"], "train first, with --good. Received: --run_dir=/nowhere"),
    ],
)
def test_flags_that_do_not_fit_each_other(script, arguments, message):
    with flagsaver.flagsaver(), pytest.raises(SystemExit, match=message):
        script.main(flags.FLAGS(["anomalies.py", *arguments]))


@pytest.mark.long
@pytest.mark.parametrize("detector", ["AnomalyGAN", "BiGAN", "GANomaly"])
def test_each_detector_trains_resumes_scores_and_is_exported(script, detector, tmp_path, monkeypatch, capsys):
    compile_eagerly = functools.partialmethod(keras_gan.training.AdversarialModel.compile, run_eagerly=True)
    monkeypatch.setattr(keras_gan.training.AdversarialModel, "compile", compile_eagerly)
    write(tmp_path / "good", range(0, 96, 4))
    write(tmp_path / "new", [0, 255])
    run_dir = f"--run_dir={tmp_path / 'run'}"
    sizes = ["--image_size=8", "--width=2", "--latent_dim=2", "--batch_size=4", "--gan_steps=1"]
    train = [f"--good={tmp_path / 'good'}", f"--detector={detector}", *sizes, "--steps_per_epoch=1"]

    def run(*arguments):
        with flagsaver.flagsaver():
            script.main(flags.FLAGS(["anomalies.py", *arguments, run_dir]))
        return capsys.readouterr().out

    assert f"{detector}: 22 good pictures of (8, 8, 1), 2 held out" in run(*train, "--steps=2")
    assert "Resuming from step 2" in run(*train, "--steps=3")
    said = run(f"--score={tmp_path / 'new'}", f"--export_dir={tmp_path / 'served'}")
    assert "Scored 2 pictures" in said
    assert len(scores_of(tmp_path / "run" / "good.csv")) == 2
    assert {path.name for path in (tmp_path / "run" / "scores").iterdir()} == {"scores.csv", "scores.png", "worst.png"}
    assert (tmp_path / "served" / "1" / "saved_model.pb").exists()
