"""Samples from the command line: each seed has its own picture, and films lead from one to the next."""

import re

import keras
import numpy as np
import pytest
from absl import flags
from absl.testing import flagsaver
from PIL import Image

import keras_gan
from keras_gan.callbacks import image_grid


@pytest.fixture(scope="module")
def command(load_command):
    """The module."""
    return load_command("sample")


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    """A folder with a GAN, which is the best of a run, and one with classes."""
    folder = tmp_path_factory.mktemp("models")
    keras.utils.set_random_seed(0)
    gan = keras_gan.LSGAN(*keras_gan.networks.mlp(image_shape=(6, 4, 3), latent_dim=5, width=32))
    (folder / "run").mkdir()
    gan.save(folder / "run" / "best.keras")
    networks = keras_gan.networks.mlp(image_shape=(4, 4, 1), latent_dim=5, width=8, num_classes=3)
    keras_gan.LSGAN(*networks).save(folder / "classes.keras")
    keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)]).save(folder / "network.keras")
    return folder


@pytest.fixture
def sample(command, models, tmp_path, capsys):
    """The function that draws from one of the models, and returns what was printed."""

    def run(out, *arguments, model="run"):
        with flagsaver.flagsaver():
            command.main(flags.FLAGS(["sample", f"--model={models / model}", f"--out={tmp_path / out}", *arguments]))
        return capsys.readouterr().out

    return run


def pixels(path):
    return np.asarray(Image.open(path))


def frames(path):
    with Image.open(path) as film:
        for number in range(film.n_frames):
            film.seek(number)
            yield np.asarray(film.convert("RGB"))


def test_each_seed_has_the_picture_that_the_gan_draws_for_it_alone(sample, models, tmp_path):
    assert sample("samples.png", "--seeds=9,0-2", "--columns=2") == f"4 pictures: {tmp_path / 'samples.png'}\n"
    gan = keras_gan.training.load_model(models / "run" / "best.keras")
    images = np.concatenate([gan.generate(1, seed=seed) for seed in (9, 0, 1, 2)])
    np.testing.assert_array_equal(pixels(tmp_path / "samples.png"), image_grid(images, columns=2))
    sample("folder", "--seeds=2,9", "--separate")
    assert sorted(path.name for path in (tmp_path / "folder").iterdir()) == ["00002.png", "00009.png"]
    np.testing.assert_array_equal(
        pixels(tmp_path / "folder" / "00009.png"), np.floor(127.5 * images[0] + 128).astype("uint8")
    )


@pytest.mark.long
def test_classes_come_in_turn_or_from_the_seed(sample, models, tmp_path):
    gan = keras_gan.training.load_model(models / "classes.keras")
    for labels, classes in [("--labels=2,0", [2, 0, 2]), ("--labels=", [None] * 3)]:
        sample("out.png", "--seeds=5-7", labels, model="classes.keras")
        images = [gan.generate(1, seed=seed, labels=label) for seed, label in zip((5, 6, 7), classes, strict=True)]
        np.testing.assert_array_equal(pixels(tmp_path / "out.png"), image_grid(np.concatenate(images)).squeeze(-1))


@pytest.mark.parametrize("ending, tolerance", [pytest.param("gif", 1, marks=pytest.mark.long), ("webp", 0)])
def test_a_film_passes_the_pictures_of_its_seeds_and_ends_before_the_first(sample, models, tmp_path, ending, tolerance):
    out = tmp_path / f"film.{ending}"
    assert "9 pictures from seed 3 to 17 to 8" in sample(out.name, "--interpolate=3-17-8", "--steps=3")
    gan = keras_gan.training.load_model(models / "run" / "best.keras")
    shown = list(frames(out))
    assert len(shown) == 9
    for frame, seed in zip(shown[::3], (3, 17, 8), strict=True):
        expected = image_grid(gan.generate(1, seed=seed), padding=0, scale=42)
        np.testing.assert_allclose(frame.astype(int), expected, atol=tolerance)


def test_halfway_between_two_seeds_lies_the_middle_of_the_great_circle(command, models):
    gan = keras_gan.training.load_model(models / "run" / "best.keras")
    images = command.along(gan, [1, 2], [], steps=2, loop=False)
    first, second = (np.asarray(gan.sampler().draw(1, seed)["latents"])[0].astype(float) for seed in (1, 2))
    angle = np.arccos(first @ second / np.linalg.norm(first) / np.linalg.norm(second))
    middle = (first + second) * np.sin(angle / 2) / np.sin(angle)
    np.testing.assert_allclose(images[1:2], gan.generate(latents=middle[None].astype("float32")), atol=1e-5)
    assert len(images) == 3
    assert len(command.along(gan, [1, 2], [], steps=2, loop=True)) == 4


def test_the_pictures_of_a_path_have_a_row_for_each_part(sample, models, tmp_path):
    sample("path.png", "--interpolate=3-17", "--steps=5")
    sample("row.png", "--seeds=3", "--columns=5")
    row = pixels(tmp_path / "row.png")
    assert pixels(tmp_path / "path.png").shape == (2 * row.shape[0] - 2, row.shape[1], 3)


@pytest.mark.long
def test_an_export_draws_the_same_pictures_and_films(command, sample, models, tmp_path):
    gan = keras_gan.training.load_model(models / "run" / "best.keras")
    exported = command.open_model(keras_gan.export.save(gan, tmp_path / "served").parent)
    np.testing.assert_allclose(command.draw(exported, [4, 7], []), command.draw(gan, [4, 7], []), atol=1e-5)
    films = [command.along(model, [4, 7], [], steps=3, loop=True) for model in (exported, gan)]
    np.testing.assert_allclose(*films, atol=1e-5)


@pytest.mark.parametrize("seeds, found", [("7", [7]), ("0-3", [0, 1, 2, 3]), (" 5, 1-2", [5, 1, 2])])
def test_seeds(command, seeds, found):
    assert command.seeds_of(seeds) == found


@pytest.mark.parametrize(
    "flags_given, message",
    [
        ("--seeds=9-3", "Seeds are whole numbers from 0 to 2147483647, and ranges from a smaller to a larger one"),
        ("--seeds=", "Received: --seeds=$"),
        ("--seeds=2147483648", "Received: --seeds=2147483648$"),
        ("--seeds=0-2000000000", "Ask for at most 10,000 seeds at once"),
        ("--seeds=0-9999,5", "Ask for at most 10,000 seeds at once"),
        ("--interpolate=3", "Give from 2 to 100 seeds, .*joined by -, as 3-17"),
        ("--interpolate=3-x", "Received: --interpolate=3-x$"),
        ("--interpolate=3-17 --separate", "leave one of the flags out"),
        ("--out=a.jpg", "Give a file that ends in .png, or add --separate"),
        ("--out=a.mp4 --interpolate=1-2", "Give a file that ends in .png or .gif or .webp. Received: --out=a.mp4"),
        ("--out=a.png --separate", "With --separate, --out is a folder"),
        ("--out=gs://bucket/a.png", "Give a local path"),
        ("--model=nowhere", "Expected a .keras file, a SavedModel, or the directory of a run"),
        ("--labels=2", "This GAN has no classes: leave --labels out. Received: --labels=2$"),
        ("--labels=2 --interpolate=1-2 --out=a.gif", "Give no classes: this GAN has none. Received: --labels=2"),
    ],
)
def test_an_error_is_one_line_and_leaves_no_file(sample, tmp_path, monkeypatch, flags_given, message):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as stop:
        sample("out.png", *flags_given.split())
    assert re.search(message, stop.value.code)
    assert "\n" not in stop.value.code
    assert list(tmp_path.iterdir()) == []


def test_a_film_of_a_gan_with_classes_needs_one(sample):
    with pytest.raises(SystemExit, match=r"Error: Give one class for all pictures of the film. Received: --labels="):
        sample("a.gif", "--interpolate=1-2", model="classes.keras")


def test_a_network_draws_nothing(sample):
    with pytest.raises(SystemExit, match=r"no GAN that draws pictures. .*which draws nothing from a seed"):
        sample("out.png", model="network.keras")
