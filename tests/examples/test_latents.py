"""The script that explores a trained GAN: each tool draws its picture, and errors say what to give."""

import keras
import numpy as np
import pytest
from absl import app, flags
from absl.testing import flagsaver
from PIL import Image, ImageSequence

import keras_gan
from keras_gan import latents


@pytest.fixture(scope="module")
def script(load_script):
    """The script as a module."""
    return load_script("examples", "latents.py")


@pytest.fixture(scope="module")
def run_dir(tmp_path_factory):
    """The directory of a run with a GAN, and another GAN that is conditional."""
    folder = tmp_path_factory.mktemp("run")
    keras.utils.set_random_seed(0)
    shape = {"image_shape": (8, 8, 1), "latent_dim": 3, "width": 4, "depth": 1}
    keras_gan.LSGAN(*keras_gan.networks.mlp(**shape)).save(folder / "gan.keras")
    keras_gan.LSGAN(*keras_gan.networks.mlp(**shape, num_classes=2)).save(folder / "conditional.keras")
    (folder / "empty").mkdir()
    return folder


@pytest.fixture
def draw(script, run_dir, tmp_path):
    """The function that runs the script and returns the frames of the picture."""

    def run(*arguments, source="", name="picture.png"):
        given = [f"--from={run_dir / source}", f"--out={tmp_path / name}", *arguments]
        with flagsaver.flagsaver():
            script.main(flags.FLAGS(["latents.py", *given]))
        with Image.open(tmp_path / name) as picture:
            return [np.asarray(frame) for frame in ImageSequence.Iterator(picture)]

    return run


def test_each_tool_draws_the_picture_of_the_library(draw, run_dir):
    gan = keras_gan.training.load_model(run_dir / "gan.keras")
    expected = {
        "interpolate": latents.interpolation_grid(gan, num_paths=2, steps=3, seed=1),
        "directions": latents.direction_grid(gan, latents.directions(gan, 2), steps=3, seed=1),
    }
    for tool, grid in expected.items():
        (picture,) = draw(f"--tool={tool}", "--num_images=2", "--steps=3", "--seed=1")
        np.testing.assert_array_equal(picture, grid[..., 0])
    (picture,) = draw("--tool=truncate", "--num_images=2", "--strengths=0.5,1.5")
    np.testing.assert_array_equal(picture, latents.truncation_grid(gan, [0.5, 1.5], num_images=2)[..., 0])


def test_a_conditional_gan_draws_the_class(draw, run_dir):
    gan = keras_gan.training.load_model(run_dir / "conditional.keras")
    (picture,) = draw("--num_images=1", "--steps=2", "--label=1", source="conditional.keras")
    np.testing.assert_array_equal(picture, latents.interpolation_grid(gan, num_paths=1, steps=2, labels=1)[..., 0])


def test_a_film_has_a_frame_for_each_step(draw):
    frames = draw("--num_images=2", "--steps=2", name="walk.gif")
    assert len(frames) == 5 * 2


@pytest.mark.long
def test_real_images_are_projected(draw, capsys):
    (picture,) = draw("--tool=project", "--num_images=3", "--steps=2")
    assert picture.shape == (2 * 66 + 2, 3 * 66 + 2)
    assert "distance: mean" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "source", "message"),
    [
        (["--tool=mix"], "gan.keras", "no model called 'mapping'"),
        ([], "conditional.keras", "give `labels`"),
        ([], "missing.keras", "Expected a .keras file, or the directory of a run"),
        ([], "empty", "that has finished, with its gan.keras"),
        (["--tool=project", "--images=EMPTY"], "gan.keras", "empty"),
        (["--tool=truncate", "--out=walk.gif"], "gan.keras", "of a .gif only for --tool=interpolate"),
        (["--out=gs://bucket/x.png"], "gan.keras", "without a scheme"),
    ],
)
def test_errors_take_one_line(draw, run_dir, arguments, source, message):
    arguments = [argument.replace("EMPTY", str(run_dir / "empty")) for argument in arguments]
    with pytest.raises(SystemExit) as stop:
        draw(*arguments, source=source)
    assert message in stop.value.code
    assert "\n" not in stop.value.code


def test_only_flags_are_taken(script):
    with pytest.raises(app.UsageError, match="Give only flags"):
        script.main(["latents.py", "gan.keras"])
