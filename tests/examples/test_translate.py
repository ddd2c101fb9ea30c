"""The script that trains translators: which model the flags choose, and what becomes of a folder of images."""

import types

import numpy as np
import pytest
import tensorflow as tf
from absl import flags
from absl.testing import flagsaver
from PIL import Image


@pytest.fixture(scope="module")
def script(load_script):
    """The script as a module."""
    return load_script("examples", "translate.py")


def given(script, *arguments):
    """What `kind_of_run` says of flags."""
    with flagsaver.flagsaver():
        flags.FLAGS(["translate.py", *arguments])
        return script.kind_of_run()


@pytest.mark.parametrize(
    "arguments, kind",
    [
        (["--pairs=a"], "pairs"),
        (["--pairs=a,b", "--steps=5", "--steps_per_epoch=10"], "pairs"),
        (["--source=a", "--target=b", "--to=source"], "unpaired"),
        (["--domains=a", "--domain=b"], "domains"),
        (["--translate=a"], None),
    ],
)
def test_the_images_decide_on_the_model(script, arguments, kind):
    assert given(script, *arguments) == kind


@pytest.mark.parametrize(
    "arguments, message",
    [
        (["--source=a"], "Give --pairs .* Received: --source=a"),
        (["--pairs=a", "--domains=b"], r"Received: --pairs=\['a'\] --domains=b"),
        (["--pairs=a,b,c"], "one folder or two"),
        (["--pairs=a", "--to=source"], "--to is for a CycleGAN, and these images train a Pix2Pix"),
        (["--source=a", "--target=b", "--domain=c"], "--domain is for a StarGAN"),
        (["--domains=a", "--source_half=left"], "--source_half is for a Pix2Pix"),
        (["--pairs=a", "--steps=500", "--steps_per_epoch=200"], "multiple of --steps_per_epoch"),
        (["--pairs=a", "--model=Pix2PixHD", "--to=source"], "these images train a Pix2PixHD"),
        (
            ["--source=a", "--target=b", "--model=Pix2PixHD"],
            "A Pix2PixHD learns from --pairs: give these; or with --so",
        ),
        (["--domains=a", "--model=Pix2PixHD"], "or with --domains take --model=StarGAN. Received: --model=Pix2PixHD"),
        (["--pairs=a", "--model=CycleGAN"], "with --pairs take --model=Pix2Pix or --model=Pix2PixHD"),
        (
            ["--translate=a", "--model=Pix2PixHD"],
            "--model says what to train, so give its images, as --pairs; or leave",
        ),
    ],
)
def test_flags_that_do_not_fit_each_other(script, arguments, message):
    with pytest.raises(ValueError, match=message):
        given(script, *arguments)


@pytest.mark.filterwarnings("ignore:Left out:UserWarning")
def test_a_domain_without_images_is_named(script, tmp_path):
    for domain in ("blond", "dark", "grey"):
        (tmp_path / domain).mkdir()
    for domain in ("blond", "dark"):
        Image.new("RGB", (8, 8)).save(tmp_path / domain / "1.png")
    (tmp_path / "grey" / "1.heic").write_bytes(b"x")
    with flagsaver.flagsaver():
        flags.FLAGS(["translate.py", f"--domains={tmp_path}", "--image_size=8", "--batch_size=1"])
        message = r"A domain has no images.*Received: --domains=\S+ without images in grey"
        with (
            pytest.raises(ValueError, match=message),
            pytest.warns(UserWarning, match="Left out what looks like an image"),
        ):
            script.translate_parts.load("domains")
        (tmp_path / "grey" / "1.heic").unlink()
        (tmp_path / "grey").rmdir()
        assert script.translate_parts.load("domains").class_names == ("blond", "dark")


@pytest.mark.parametrize(
    "arguments, name",
    [
        (["--pairs=a"], "Pix2Pix"),
        (["--pairs=a", "--model=Pix2PixHD"], "Pix2PixHD"),
        (["--source=a", "--target=b"], "CycleGAN"),
        (["--domains=a", "--model=StarGAN"], "StarGAN"),
        (["--translate=a"], None),
    ],
)
def test_pairs_have_two_models_and_other_images_one(script, arguments, name):
    with flagsaver.flagsaver():
        flags.FLAGS(["translate.py", *arguments])
        assert script.model_of(script.kind_of_run()) == name


def test_large_pairs_teach_the_networks_of_pix2pix_hd(script):
    """Two scales judge the picture with its source; the blocks see maps of 16x16; any size is translated."""
    shapes = {"source": (64, 64, 1), "target": (64, 64, 3)}
    with flagsaver.flagsaver():
        flags.FLAGS(["translate.py", "--pairs=a", "--model=Pix2PixHD", "--width=2", "--blocks=1"])
        model = script.translate_parts.make_model("Pix2PixHD", types.SimpleNamespace(image_shape=shapes))
    layers = {layer.name: layer for layer in model.generator.layers}
    assert [name for name in layers if name.startswith("down_") and name[5:].isdigit()] == [
        "down_0",
        "down_1",
    ]
    assert model.discriminator.input["source"].shape == (None, 64, 64, 1)
    assert [logits.shape[1:3] for logits in model.discriminator.output["logits"]] == [(19, 19), (11, 11)]
    assert model.translate(np.zeros((1, 40, 24, 1), "float32")).shape == (1, 40, 24, 3)
    rates = [float(getattr(model, f"{name}_optimizer").learning_rate) for name in ("generator", "discriminator")]
    np.testing.assert_allclose(rates, [1e-3, 2e-4], rtol=1e-6)


class Inverter:
    """Takes and makes images of some channels, white for black."""

    def __init__(self, channels):
        images = types.SimpleNamespace(shape=(None, None, None, channels))
        self.sampler = lambda: types.SimpleNamespace(inputs={"images": images})

    def translate(self, images):
        return -images


def pixels_of(path):
    with Image.open(path) as image:
        return image.mode, np.asarray(image)


def test_a_folder_is_translated_file_by_file(script, tmp_path, capsys):
    folder, out = tmp_path / "new", tmp_path / "new" / "out"
    (folder / "deeper").mkdir(parents=True)
    image = np.random.default_rng(0).integers(0, 256, (6, 9, 3), "uint8")
    Image.fromarray(image).save(folder / "a.png")
    Image.fromarray(image[:4]).save(folder / "deeper" / "b.bmp")
    Image.fromarray(np.dstack([image, np.zeros((6, 9), "uint8")])).save(folder / "clear.png")
    Image.fromarray(image).save(folder / "a.bmp")
    (folder / "notes.txt").write_text("no image")
    for _ in range(2):  # What the first call has written is no image to translate.
        assert script.translate_parts.translate_folder(Inverter(3), folder, out, {}) == 4
        assert "Left out 1 files: notes.txt (Pillow cannot identify an image in it)" in capsys.readouterr().out
    assert sorted(str(path.relative_to(out)) for path in out.rglob("*.png")) == [
        "a.png",
        "a.png.png",
        "clear.png",
        "deeper/b.png",
    ]
    np.testing.assert_array_equal(pixels_of(out / "a.png")[1], 255 - image)
    np.testing.assert_array_equal(pixels_of(out / "deeper" / "b.png")[1], 255 - image[:4])
    # What is transparent lies on white, which becomes black.
    np.testing.assert_array_equal(pixels_of(out / "clear.png")[1], 0)


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_grey_colours_and_alpha_of_16_bits_keep_them(script, tmp_path, channels):
    (tmp_path / "new").mkdir()
    levels = np.random.default_rng(0).integers(1, 65536, (8, 8, channels)).astype("uint16")
    (tmp_path / "new" / "deep.png").write_bytes(tf.io.encode_png(levels).numpy())
    script.translate_parts.translate_folder(Inverter(channels), tmp_path / "new", tmp_path / "out", {})
    found = tf.io.decode_png((tmp_path / "out" / "deep.png").read_bytes(), dtype="uint16").numpy()
    np.testing.assert_array_equal(found, 65535 - levels)


def test_a_folder_without_images_is_an_error(script, tmp_path):
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "notes.txt").write_text("no image")
    with pytest.raises(ValueError, match="The folder holds no image"):
        script.translate_parts.translate_folder(Inverter(3), tmp_path / "new", tmp_path / "out", {})
    with pytest.raises(ValueError, match="Give another --out than --translate"):
        script.translate_parts.translate_folder(Inverter(3), tmp_path / "new", tmp_path / "new", {})
    with pytest.raises(FileNotFoundError, match="--translate="):
        script.translate_parts.translate_folder(Inverter(3), tmp_path / "nowhere", tmp_path / "out", {})


def test_without_a_trained_translator_it_says_how_to_train_one(script, tmp_path, capsys):
    with flagsaver.flagsaver(), pytest.raises(SystemExit, match="train first, with --pairs"):
        script.main(flags.FLAGS(["translate.py", f"--run_dir={tmp_path}", "--translate=x"]))
    with flagsaver.flagsaver(), pytest.raises(SystemExit, match="Nothing to do"):
        script.main(flags.FLAGS(["translate.py", f"--run_dir={tmp_path}"]))


@pytest.mark.long
@pytest.mark.filterwarnings("ignore:The checkpoints of this run were written with other settings")
@pytest.mark.parametrize(
    "images, use",
    [
        (["--pairs={0}/halves", "--source_half=right"], []),
        (["--pairs={0}/halves", "--source_half=right", "--model=Pix2PixHD"], []),
        (["--source={0}/both/a", "--target={0}/both/b"], ["--to=source"]),
        (["--domains={0}/both"], ["--domain=b"]),
    ],
    ids=["pairs", "large_pairs", "unpaired", "domains"],
)
def test_each_model_trains_resumes_translates_and_is_exported(script, tmp_path, images, use, capsys):
    rng = np.random.default_rng(0)
    for name, width in (("halves", 64), ("both/a", 32), ("both/b", 32)):
        (tmp_path / name).mkdir(parents=True)
        for number in range(24):
            Image.fromarray(rng.integers(0, 256, (32, width, 3), "uint8")).save(tmp_path / name / f"{number}.png")
    size = ["--image_size=32", "--width=2", "--blocks=1", "--steps_per_epoch=1", f"--run_dir={tmp_path / 'run'}"]
    train = [flag.format(tmp_path) for flag in images]

    def run(*arguments):
        with flagsaver.flagsaver():
            script.main(flags.FLAGS(["translate.py", *arguments]))
        return capsys.readouterr().out

    run(*size, *train, "--steps=2")
    assert "Resuming from step 2" in run(*size, *train, "--steps=3")
    out = [f"--translate={tmp_path / 'both' / 'a'}", f"--export_dir={tmp_path / 'served'}"]
    printed = run(f"--run_dir={tmp_path / 'run'}", *out, *use)
    assert "Translated 24 images" in printed
    assert len(list((tmp_path / "run" / "translations").glob("*.png"))) == 24
    assert (tmp_path / "served" / "1" / "saved_model.pb").exists()
