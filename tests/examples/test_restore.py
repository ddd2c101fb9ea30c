"""The script that trains models that restore pictures, and what becomes of a folder of pictures."""

import importlib
import shutil
import types

import numpy as np
import pytest
import tensorflow as tf
from absl import flags
from absl.testing import flagsaver
from PIL import Image

from keras_gan.gans._inpainting import InpaintingModel
from keras_gan.gans._super_resolution import SuperResolutionModel

RNG = np.random.default_rng(0)


@pytest.fixture(scope="module")
def script(load_script):
    """The script as a module."""
    return load_script("examples", "restore.py")


@pytest.fixture
def parts(script):
    """What its flags describe, with small squares."""
    with flagsaver.flagsaver():
        yield importlib.import_module("restore_parts")


@pytest.fixture
def pieces(script):
    """What is done to the pictures to learn from."""
    with flagsaver.flagsaver():
        yield importlib.import_module("restore_data")


@pytest.fixture
def pictures(script):
    """What it makes of pictures."""
    with flagsaver.flagsaver():
        flags.FLAGS(["restore.py"])
        yield importlib.import_module("restore_pictures")


def given(script, run_dir, *arguments):
    """Check flags."""
    flags.FLAGS(["restore.py", *arguments])
    script.require_flags(run_dir)


@pytest.mark.parametrize(
    "arguments, message",
    [
        ([], "Nothing to do: give --task and --pictures"),
        (["--pictures={0}"], "Say what to learn, with --task=upscale, --task=inpaint, --task=denoise"),
        (["--task=upscale"], "Give the folder of good pictures, as --pictures=DIR"),
        (["--task=upscale", "--pictures={0}/nowhere"], "There is no such folder. Received: --pictures=.*nowhere"),
        (["--task=upscale", "--pictures={0}", "--model=DPED"], "--task=upscale has --model=SRGAN, --model=ESRGAN"),
        (["--task=denoise", "--pictures={0}", "--model=DPED"], "give its file of weights as --features"),
        (["--task=inpaint", "--pictures={0}", "--features=vgg"], "FreeFormInpainter has no perceptual loss"),
        (["--task=upscale", "--pictures={0}", "--features=vgg"], "There is no such file. Received: --features=vgg"),
        (["--task=inpaint", "--pictures={0}", "--scale=2"], "--scale is for --task=upscale"),
        (["--task=upscale", "--pictures={0}", "--noise=2"], "--noise is for --task=denoise"),
        (["--task=upscale", "--pictures={0}", "--scale=3"], "--scale must be 1, 2 or 4"),
        (["--task=upscale", "--pictures={0}", "--image_size=40"], "--image_size must be a multiple of 16"),
        (["--task=upscale", "--pictures={0}", "--steps=400"], "multiple of --steps_per_epoch"),
        (["--task=matte", "--pictures={0}"], "Give the folder of photographs to lay cut-outs on"),
        (["--task=denoise", "--pictures={0}", "--backgrounds={0}"], "--backgrounds is for --task=matte"),
        (["--task=denoise", "--pictures={0}", "--restore={0}", "--trimaps={0}"], "takes no --trimaps"),
        (["--task=matte", "--pictures={0}", "--backgrounds={0}", "--restore={0}"], "Pictures need trimaps"),
        (["--dark={0}"], "Say what to learn, with --task=upscale"),
        (["--task=denoise", "--pictures={0}", "--bright={0}"], "--bright is for --task=brighten: leave it out"),
        (
            ["--task=brighten", "--dark={0}"],
            "Give --dark together with --bright; or --pictures alone.*Received: --dark=",
        ),
        (
            ["--task=brighten", "--dark={0}", "--bright={0}", "--pictures={0}"],
            "Received: --pictures=.* --dark=.* --bright",
        ),
        (["--task=brighten", "--dark={0}", "--bright={0}/."], "--dark and --bright must be two folders"),
        (["--task=brighten", "--dark={0}", "--bright={0}/nowhere"], "no such folder. Received: --bright=.*nowhere"),
        (
            ["--task=brighten", "--dark={0}", "--bright={0}/a", "--model=Pix2Pix"],
            "or take --model=EnlightenGAN for --dark",
        ),
        (["--task=brighten", "--model=EnlightenGAN"], "as --pictures=DIR, or --dark=DIR and --bright=DIR"),
        (["--restore={0}"], "Expected the directory of a run that has finished"),
        (["--task=denoise", "--pictures={0}", "--restore={0}/none"], "There is no such folder. Received: --restore"),
        (["--task=denoise", "--pictures={0}", "--restore={0}", "--out={0}"], "Give another --out than --restore"),
    ],
)
def test_flags_that_do_not_fit_each_other(script, tmp_path, arguments, message):
    with flagsaver.flagsaver(), pytest.raises((ValueError, OSError), match=message):
        given(script, tmp_path / "run", *[each.format(tmp_path) for each in arguments])


def test_a_task_has_a_model_and_a_number_of_steps(script, tmp_path):
    with flagsaver.flagsaver():
        given(script, tmp_path, "--task=inpaint", f"--pictures={tmp_path}")
        assert (flags.FLAGS.model, flags.FLAGS.steps) == ("FreeFormInpainter", 1000)


def test_dark_and_bright_pictures_have_a_model_of_their_own(script, tmp_path):
    for name in ("night", "day"):
        (tmp_path / name).mkdir()
    folders = [f"--dark={tmp_path / 'night'}", f"--bright={tmp_path / 'day'}"]
    with flagsaver.flagsaver():
        given(script, tmp_path, "--task=brighten", *folders)
        assert flags.FLAGS.model == "EnlightenGAN"
    (tmp_path / "vgg16.npz").touch()
    with flagsaver.flagsaver(), pytest.raises(ValueError, match="need 32 pixels: give --image_size=64 or more"):
        given(script, tmp_path, "--task=brighten", *folders, f"--features={tmp_path / 'vgg16.npz'}", "--image_size=48")


def test_squares_are_parts_of_pictures_of_any_size(pieces, tmp_path, capsys):
    sizes = [(40, 33), (16, 16), (20, 90), *[(17, 17)] * 17]
    for number, size in enumerate(sizes):
        content = np.full((*size, 3), number, np.uint8)
        content[..., 1], content[..., 2] = np.arange(size[0])[:, np.newaxis], np.arange(size[1])
        Image.fromarray(content).save(tmp_path / f"{number:02d}.png")
    Image.fromarray(np.zeros((15, 90), np.uint8)).save(tmp_path / "small.png")
    (tmp_path / "torn.png").write_bytes(b"no picture")
    flags.FLAGS(["restore.py", "--image_size=16", "--parts=200", f"--pictures={tmp_path}"])
    train, test, names = pieces.squares_of("pictures")
    printed = capsys.readouterr().out
    assert "smaller than a part of 16x16 (height x width) or cannot be decoded" in printed
    assert "small.png" in printed
    assert "torn.png" in printed
    assert train.shape[1:] == test.shape[1:] == (16, 16, 3)
    for square in np.concatenate([train, test]):
        # At its own resolution: rows and columns follow each other.
        assert len(np.unique(square[..., 0])) == 1
        assert (np.diff(square[..., 1].astype(int), axis=0) == 1).all()
        assert (np.diff(square[..., 2].astype(int), axis=1) == 1).all()
    # Of no picture is a part trained on and another one measured.
    assert not set(train[:, 0, 0, 0]) & set(test[:, 0, 0, 0])
    # A picture of one square gives one.
    assert (np.concatenate([train, test])[:, 0, 0, 0] == 1).sum() == 1
    assert [int(name.removesuffix(".png")[-2:]) for name in names] == train[:, 0, 0, 0].tolist()
    np.testing.assert_array_equal(pieces.squares_of("pictures")[0], train)


def test_a_folder_without_squares_is_an_error(pieces, tmp_path):
    Image.fromarray(np.zeros((15, 15), np.uint8)).save(tmp_path / "small.png")
    flags.FLAGS(["restore.py", "--image_size=16", f"--pictures={tmp_path}"])
    with pytest.raises(ValueError, match=r"No image has room for a part of 16x16"):
        pieces.squares_of("pictures")
    Image.fromarray(np.zeros((17, 16), np.uint8)).save(tmp_path / "large.png")
    with pytest.raises(ValueError, match=r"fewer squares of 16 pixels than a batch.*--pictures=.*, 2 squares"):
        pieces.squares_of("pictures")


def test_no_picture_is_both_dark_and_bright(pieces, tmp_path):
    """The level of a square is the number of its picture, times ten: the even numbers stay as they are."""
    for number in range(1, 20):
        Image.fromarray(np.full((24, 20, 3), 10 * number, np.uint8)).save(tmp_path / f"{number:02d}.png")
    sizes = ["--image_size=16", "--parts=76", "--batch_size=4", f"--pictures={tmp_path}"]
    flags.FLAGS(["restore.py", "--task=brighten", "--model=EnlightenGAN", *sizes])
    batches, held_out, _, channels = pieces.load()
    assert (held_out, channels) == (None, 3)
    assert batches.num_images == {"source": 40, "target": 36}
    images = {name: np.concatenate([batch[name] for batch in batches.take(10)]) for name in ("source", "target")}
    levels = {name: np.rint((made.mean((1, 2, 3)) + 1) * 127.5) for name, made in images.items()}
    assert set(levels["target"]) == set(range(20, 190, 20))
    # A half of the light is 0.73 of the levels of a file; a twentieth is 0.26.
    assert levels["source"].mean() < 0.75 * levels["target"].mean()
    flags.FLAGS(["restore.py", "--task=brighten", "--model=EnlightenGAN", *sizes, "--batch_size=40"])
    with pytest.raises(ValueError, match=r"Each half of the pictures has fewer squares.*--pictures=.*, 36 squares"):
        pieces.load()


def test_dark_pictures_are_shown_and_grey_ones_become_colours(pieces, tmp_path):
    for name, level, shape in (("night", 40, (20, 20)), ("day", 200, (20, 20, 3))):
        (tmp_path / name).mkdir()
        for number in range(20):
            Image.fromarray(np.full(shape, level + number, np.uint8)).save(tmp_path / name / f"{number}.png")
    folders = [f"--dark={tmp_path / 'night'}", f"--bright={tmp_path / 'day'}"]
    flags.FLAGS(["restore.py", "--task=brighten", "--model=EnlightenGAN", "--image_size=16", "--parts=40", *folders])
    batches, held_out, shown, channels = pieces.load()
    assert (held_out, channels) == (None, 3)
    assert batches.image_shape == {"source": (16, 16, 3), "target": (16, 16, 3)}
    trained_on = np.concatenate([batch["source"] for batch in batches.take(10)])
    levels, trained = (set(np.rint((made[:, 0, 0, 0] + 1) * 127.5)) for made in (shown["source"], trained_on))
    # Those of two pictures that are held out.
    assert len(levels) == 2
    assert min(levels) >= 40
    assert max(levels) < 60
    assert not levels & trained
    assert pieces.as_batch(None, shown) is shown


def test_noise_has_a_deviation_of_its_own_in_each_image(pieces):
    images, seeds = tf.zeros((40, 32, 32, 1)), tf.stack([tf.zeros(40, tf.int64), tf.range(40, dtype=tf.int64)], axis=1)
    noisy = pieces.GaussianNoise(20.0)(images, seeds).numpy()
    levels = (noisy + 1) * 127.5
    np.testing.assert_allclose(levels, np.rint(levels), atol=1e-3)
    deviations = noisy.std(axis=(1, 2, 3)) * 127.5
    assert deviations.min() < 4
    assert 16 < deviations.max() < 21
    np.testing.assert_array_equal(pieces.GaussianNoise(20.0)(images[:1], seeds[3:4]).numpy()[0], noisy[3])


@pytest.mark.parametrize(
    "model, scale",
    [
        ("SRGAN", 4),
        pytest.param("ESRGAN", 2, marks=pytest.mark.long),
        pytest.param("RealESRGAN", 1, marks=pytest.mark.long),
    ],
)
def test_an_enlarger_begins_with_smooth_enlargement(parts, model, scale):
    sizes = ["--width=4", "--blocks=1", "--image_size=32", "--steps=2"]
    flags.FLAGS(["restore.py", "--task=upscale", f"--model={model}", f"--scale={scale}", *sizes])
    # Sides that the networks of ESRGAN cannot fold, and colours that rise from left to right.
    images = np.broadcast_to(np.linspace(-0.9, 0.9, 13, dtype="float32")[:, np.newaxis], (1, 9, 13, 3))
    made = parts.make_model(3).upscale(images)
    expected = tf.image.resize(images, (9 * scale, 13 * scale), "bicubic")
    assert made.shape == expected.shape
    # At the right and the lower border, the continued picture may look different from none.
    inside = np.s_[:, : 6 * scale, : 10 * scale]
    np.testing.assert_allclose(made[inside], expected[inside], atol=1e-5)
    np.testing.assert_allclose(made, expected, atol=0.05)


@pytest.mark.long
def test_an_inpainter_begins_with_the_colours_around_the_hole(parts):
    flags.FLAGS(["restore.py", "--task=inpaint", "--model=FreeFormInpainter", "--width=4", "--steps=2"])
    model = parts.make_model(3)
    # Red in the left half and blue in the right one; a hole in each.
    images = np.full((1, 64, 64, 3), -1.0, "float32")
    images[:, :, :32, 0], images[:, :, 32:, 2] = 0.8, 0.8
    masks = np.zeros((1, 64, 64, 1), "float32")
    masks[:, 24:36, 2:14], masks[:, 24:36, 50:62] = 1.0, 1.0
    np.testing.assert_allclose(model.inpaint(images, masks), images, atol=0.02)
    # Colours that rise from the top down.
    images = np.broadcast_to(np.linspace(-0.9, 0.9, 64, dtype="float32")[:, np.newaxis, np.newaxis], (1, 64, 64, 3))
    hole = model.inpaint(images, masks)[0, 24:36, 4:12].mean(axis=(1, 2))
    assert np.corrcoef(hole, np.arange(12))[0, 1] > 0.9
    assert abs(hole.mean() - images[0, 24:36].mean()) < 0.05


class Doubling:
    """Makes each pixel two by two, and white of black."""

    def __init__(self, channels):
        images = types.SimpleNamespace(shape=(None, None, None, channels))
        self.sampler = lambda: types.SimpleNamespace(inputs={"images": images})

    def upscale_picture(self, picture, tile):
        assert tile == 128
        return SuperResolutionModel.upscale_picture(self, picture)

    def upscale(self, images):
        return -images.repeat(2, axis=1).repeat(2, axis=2)


class Grey:
    """Fills holes with grey, and sees nothing of them."""

    def __init__(self, channels):
        images = types.SimpleNamespace(shape=(None, None, None, channels))
        self.sampler = lambda: types.SimpleNamespace(inputs={"images": images})

    def inpaint_picture(self, picture, tile):
        assert tile == 256
        return InpaintingModel.inpaint_picture(self, picture)

    def inpaint(self, images, masks):
        return np.where(masks > 0.5, np.float32(0), images)


def written(path, content, dtype):
    """Write a PNG file of 8 or 16 bits."""
    path.write_bytes(tf.io.encode_png(content.astype(dtype)).numpy())


def read(path, dtype):
    """Read a PNG file of 8 or 16 bits."""
    return tf.io.decode_png(path.read_bytes(), dtype=dtype).numpy()


@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
def test_bits_and_alpha_are_kept(pictures, tmp_path, dtype):
    folder, out, white = tmp_path / "in", tmp_path / "out", np.iinfo(dtype).max
    folder.mkdir()
    colours = RNG.integers(0, white, (9, 7, 3), dtype, endpoint=True)
    alpha = np.full((9, 7, 1), white // 2, dtype)
    written(folder / "colours.png", colours, dtype)
    written(folder / "clear.png", np.concatenate([colours, alpha], axis=-1), dtype)
    written(folder / "grey.png", colours[..., :1], dtype)
    (folder / "notes.txt").write_text("no picture")
    assert pictures.restore_folder(Doubling(3), folder, out) == 3
    expected = (white - colours).repeat(2, axis=0).repeat(2, axis=1)
    np.testing.assert_array_equal(read(out / "colours.png", dtype), expected)
    np.testing.assert_array_equal(read(out / "clear.png", dtype)[..., :3], expected)
    np.testing.assert_array_equal(read(out / "clear.png", dtype)[..., 3], white // 2)
    # The luma rounds.
    np.testing.assert_allclose(read(out / "grey.png", dtype).astype(float), expected[..., :1], atol=1)


@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
def test_transparent_pixels_are_filled_and_others_stay(pictures, tmp_path, dtype):
    folder, out, white = tmp_path / "in", tmp_path / "out", np.iinfo(dtype).max
    folder.mkdir()
    content = RNG.integers(0, white, (9, 7, 4), dtype)
    content[..., 3] = white
    content[2:5, 3:, 3] = 0
    half = content.copy()
    half[0, 0, 3] = white // 2
    written(folder / "hole.png", content, dtype)
    written(folder / "half.png", half, dtype)
    written(folder / "whole.png", content[..., :3], dtype)
    assert pictures.restore_folder(Grey(3), folder, out) == 2
    filled = read(out / "hole.png", dtype)
    expected = content[..., :3].copy()
    expected[2:5, 3:] = (white + 1) // 2
    np.testing.assert_array_equal(filled, expected)
    kept = read(out / "half.png", dtype)
    np.testing.assert_array_equal(kept[..., :3], expected)
    assert kept[0, 0, 3] == white // 2
    assert (kept[..., 3] == white).sum() == 9 * 7 - 1


def test_a_folder_without_holes_is_an_error(pictures, tmp_path, capsys):
    (tmp_path / "in").mkdir()
    written(tmp_path / "in" / "whole.png", np.zeros((8, 8, 3)), "uint8")
    with pytest.raises(ValueError, match="no image to restore"):
        pictures.restore_folder(Grey(3), tmp_path / "in", tmp_path / "out")
    assert (
        "whole.png (`picture` must have an alpha, and it must be 0 where the picture is to be filled."
        in capsys.readouterr().out
    )


@pytest.mark.long
@pytest.mark.parametrize(
    "task, model, weight",
    # Half of the authors' 0.01 and 1, whose images are in [0, 1].
    [
        ("upscale", "SRGAN", 0.0),
        ("upscale", "ESRGAN", 0.005),
        ("upscale", "RealESRGAN", 0.5),
        ("denoise", "DPED", None),
    ],
)
def test_features_of_a_file_are_those_of_the_paper(parts, tmp_path, task, model, weight):
    arrays, taken = {}, 3
    for block, (count, width) in enumerate(zip((2, 2, 4, 4, 4), (64, 128, 256, 512, 512), strict=True), start=1):
        for number in range(1, count + 1):
            arrays[f"block{block}_conv{number}/kernel"] = np.full((3, 3, taken, width), 0.01, "float16")
            arrays[f"block{block}_conv{number}/bias"] = np.zeros(width, "float16")
            taken = width
    np.savez(tmp_path / "vgg19.npz", **arrays)
    sizes = ["--width=4", "--blocks=1", "--image_size=32", "--steps=2"]
    flags.FLAGS(["restore.py", f"--task={task}", f"--model={model}", f"--features={tmp_path / 'vgg19.npz'}", *sizes])
    made = parts.make_model(3)
    images = tf.fill((1, 32, 32, 3), 0.5)
    assert float((made.content if model == "DPED" else made.perceptual)(images, 0.5 * images)) > 0
    assert getattr(made, "pixel_weight", None) == weight


@pytest.mark.long
@pytest.mark.filterwarnings("ignore:The checkpoints of this run were written with other settings")
@pytest.mark.parametrize(
    "task, model, options",
    [
        ("upscale", "SRGAN", ["--scale=2"]),
        ("upscale", "ESRGAN", []),
        ("upscale", "RealESRGAN", ["--scale=1"]),
        ("inpaint", "FreeFormInpainter", []),
        ("inpaint", "ContextEncoder", []),
        ("denoise", "Pix2Pix", []),
        ("brighten", "Pix2Pix", []),
        ("brighten", "EnlightenGAN", []),
        ("brighten", "EnlightenGAN", ["--dark={0}/night", "--bright={0}/good"]),
        ("colourise", "Pix2Pix", []),
    ],
)
def test_each_model_trains_resumes_restores_and_is_exported(script, tmp_path, task, model, options, capsys):
    (tmp_path / "good").mkdir()
    (tmp_path / "bad").mkdir()
    for number in range(20):
        Image.fromarray(RNG.integers(0, 256, (40, 32, 3), "uint8")).save(tmp_path / "good" / f"{number}.png")
    content = RNG.integers(0, 256, (50, 38, 4), "uint8")
    content[10:20, 5:9, 3] = 0
    Image.fromarray(content).save(tmp_path / "bad" / "a.png")
    is_unpaired = "--dark={0}/night" in options
    if is_unpaired:
        shutil.copytree(tmp_path / "good", tmp_path / "night")
    run_dir = f"--run_dir={tmp_path / 'run'}"
    train = [f"--task={task}", f"--model={model}", "--image_size=32", "--width=4"]
    train += [f"--pictures={tmp_path / 'good'}"] * (not is_unpaired)
    train += ["--blocks=1", "--steps_per_epoch=1", "--parts=40", "--batch_size=4"]
    train += [option.format(tmp_path) for option in options]
    train += ["--pretraining_steps=1"] * (task == "upscale")

    def run(*arguments):
        with flagsaver.flagsaver():
            script.main(flags.FLAGS(["restore.py", run_dir, *arguments]))
        return capsys.readouterr().out

    run(*train, "--steps=2")
    assert "Resuming from step 2" in run(*train, "--steps=3")
    # A context encoder takes one size.
    tile = [] if model == "ContextEncoder" else ["--tile=32"]
    printed = run(f"--restore={tmp_path / 'bad'}", f"--export_dir={tmp_path / 'served'}", *tile)
    assert "Restored 1 pictures" in printed
    scale = {"SRGAN": 2, "ESRGAN": 4}.get(model, 1)
    with Image.open(tmp_path / "run" / "restored" / "a.png") as restored:
        assert restored.size == (scale * 38, scale * 50)
    assert (tmp_path / "served" / "1" / "saved_model.pb").exists()
    assert (tmp_path / "run" / "samples" / "epoch_0003.png").exists()
    # Without pairs there is nothing to measure.
    assert (tmp_path / "run" / "evaluation_0003.json").exists() != is_unpaired


def test_damages_are_what_they_say(pieces):
    images = tf.constant(RNG.uniform(-1, 1, (30, 8, 8, 3)), tf.float32)
    seeds = tf.stack([tf.zeros(30, tf.int64), tf.range(30, dtype=tf.int64)], axis=1)
    grey = pieces.Grey()(images, seeds).numpy()
    np.testing.assert_array_equal(grey[..., 0], grey[..., 2])
    np.testing.assert_allclose(grey[..., 0], images.numpy() @ np.array([0.299, 0.587, 0.114]), atol=0.005)
    white = pieces.LittleLight()(tf.ones((30, 8, 8, 3)), seeds).numpy()
    light = ((white.mean(axis=(1, 2, 3)) + 1) / 2) ** 2.2
    assert 0.04 < light.min() < 0.15
    assert 0.4 < light.max() < 0.51
    assert 0.02 < white.std(axis=(1, 2, 3)).mean() < 0.04


@pytest.mark.parametrize("name, channels, dtype", [("colouriser", 3, "uint8"), ("denoiser", 1, "uint16")])
def test_grey_pictures_become_colours_only_where_these_are_found(pictures, tmp_path, name, channels, dtype):
    """The model returns what it is given, with less red."""
    (tmp_path / "in").mkdir()
    levels = RNG.integers(0, np.iinfo(dtype).max, (6, 5, 1), dtype)
    written(tmp_path / "in" / "a.png", levels, dtype)
    images = types.SimpleNamespace(shape=(None, None, None, 3))

    def translate_picture(picture, tile):
        made = np.repeat(picture[..., :1], 3, axis=-1)
        made[..., 0] //= 2
        return made

    model = types.SimpleNamespace(
        sampler=lambda: types.SimpleNamespace(inputs={"images": images}),
        generator=types.SimpleNamespace(name=name),
        translate_picture=translate_picture,
    )
    assert pictures.restore_folder(model, tmp_path / "in", tmp_path / "out") == 1
    made = read(tmp_path / "out" / "a.png", dtype)
    assert made.shape == (6, 5, channels)
    np.testing.assert_allclose(
        made[..., -1], levels[..., 0] if channels == 3 else 0.85 * levels[..., 0], rtol=0.01, atol=2
    )
