"""The script that exports: which GAN of a run it takes, what it writes, and what the card says."""

import json
import os
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import onnxruntime
import pytest
import tensorflow as tf
from absl import flags
from absl.testing import flagsaver
from tensorflow.core.protobuf import saved_model_pb2

import keras_gan
from keras_gan.export import ExportedGenerator, sha256_of
from keras_gan.metrics import Report, Result

SCRIPT = Path(__file__).parents[2] / "examples" / "export.py"


@pytest.fixture(scope="module")
def script(load_command):
    """The module."""
    return load_command("export")


class Worsening:
    """An evaluator that finds each epoch worse than the one before."""

    def __init__(self):
        self.better = {"frechet_distance": "lower"}
        self.value = 0.0

    def real(self, images, verbose=0):
        return images

    def floor(self, train, real):
        return None

    def compare(self, source, images, **options):
        self.value += 1.5
        protocol = {"extractor": "digits", "extractor_hash": "ab", "resize": "none", "num_real": 8, "num_fake": 8}
        return Report([Result(name="frechet_distance", value=self.value, better="lower", **protocol)])


@pytest.fixture(scope="module")
def run_dir(tmp_path_factory):
    """The directory of a run of two epochs, the first of which was the better one."""
    path = tmp_path_factory.mktemp("runs") / "digits"
    keras.utils.set_random_seed(0)
    # Without batch normalisation, whose statistics an export estimates again.
    networks = keras_gan.networks.mlp(image_shape=(8, 8, 1), latent_dim=3, width=32, generator_normalization=None)
    gan = keras_gan.LSGAN(*networks, ema_half_life=20, seed=5)
    gan.compile(keras.optimizers.Adam(0.01), keras.optimizers.Adam(0.01), run_eagerly=True)
    images = np.random.default_rng(0).uniform(-1, 1, (16, 8, 8, 1)).astype("float32")
    evaluate = keras_gan.callbacks.Evaluate(images, Worsening(), directory=path, best="frechet_distance")
    checkpoint = keras_gan.callbacks.Checkpoint(path)
    gan.fit(images, epochs=2, batch_size=8, verbose=0, callbacks=[evaluate, checkpoint])
    gan.save(path / "gan.keras")
    # As keras_gan_cli/run_flags.py writes them.
    (path / "flags.txt").write_text(f"--dataset={path.parent}/pictures\n--split=train\n--flip\n--nohealth\n--seed=5\n")
    return path


@pytest.fixture
def export(script, tmp_path):
    """The function that runs the script and returns the directory of the versions."""

    def run(source, *arguments):
        given = [f"--from={source}", f"--to={tmp_path / 'digits'}", *arguments]
        with flagsaver.flagsaver():
            script.main(flags.FLAGS([str(SCRIPT), *given]))
        return tmp_path / "digits"

    return run


@pytest.mark.long
def test_the_way_back_of_a_cyclegan_takes_bytes(export, tmp_path):
    translators = [keras.Sequential([keras.Input((4, 4, 1)), keras.layers.Conv2D(1, 1)]) for _ in "ab"]
    critics = [keras.Sequential([keras.Input((4, 4, 1)), keras.layers.Conv2D(1, 3)]) for _ in "ab"]
    model = keras_gan.CycleGAN(*translators, *critics)
    model.save(tmp_path / "model.keras")
    given = "--to_kind=source", "--image_type=uint8", "--formats=saved_model,onnx"
    exported = ExportedGenerator(export(tmp_path / "model.keras", *given))
    images = np.random.default_rng(0).integers(0, 256, (2, 4, 4, 1), "uint8")
    floats = images.astype("float32") / 127.5 - 1.0
    expected = model.translate(floats, to="source")
    np.testing.assert_allclose(exported.translate(images), np.clip(127.5 * (expected + 1.0), 0, 255), atol=0.51)
    session = onnxruntime.InferenceSession(tmp_path / "digits" / "digits.onnx")
    np.testing.assert_allclose(session.run(None, {"images": floats})[0], expected, atol=1e-5)


@pytest.fixture
def error(export, tmp_path):
    """The function that returns the one line in which the script ends, having written nothing."""

    def run(source, *arguments):
        with pytest.raises(SystemExit) as stop:
            export(source, *arguments)
        assert stop.value.code.startswith("Error: ")
        assert "\n" not in stop.value.code
        assert not list((tmp_path / "digits").glob("*"))
        return stop.value.code

    return run


def card_of(folder):
    return json.loads((folder / "model_card.json").read_text())


def assert_same_images(folder, gan, **options):
    np.testing.assert_array_equal(
        ExportedGenerator(folder).generate(5, seed=1), gan.generate(5, seed=1, **options), strict=True
    )


@pytest.mark.long
def test_the_best_of_a_run_is_chosen_over_the_last(export, run_dir, capsys):
    folder = export(run_dir)
    best = keras.saving.load_model(run_dir / "best.keras")
    assert_same_images(folder, best)
    said = f"saved_model: {folder / '1'}, sha256 {sha256_of(folder / '1')}"
    assert capsys.readouterr().out == f"From {run_dir / 'best.keras'}: LSGAN\n{said}\n"
    card = card_of(folder / "1")
    assert card["training"]["steps"] == 2
    assert card["training"]["fingerprint"] == best.fingerprint()
    metric = card["metrics"]["frechet_distance"]
    assert (metric["value"], metric["extractor"], metric["num_real"]) == (1.5, "digits", 8)


@pytest.mark.long
def test_the_last_of_a_run(export, run_dir):
    folder = export(run_dir, "--which=last")
    assert_same_images(folder, keras.saving.load_model(run_dir / "gan.keras"))
    card = card_of(folder / "1")
    assert card["training"]["steps"] == 4
    assert card["metrics"]["frechet_distance"]["value"] == 3.0


@pytest.mark.long
def test_the_card_tells_what_the_run_knows_and_no_path(export, run_dir):
    card = card_of(export(run_dir) / "1")
    assert card["data"] == {"data_set": "pictures", "split": "train"}
    assert card["training"]["seeds"] == {"training": 5, "run": 5}
    assert card["further"] == {"file": "best.keras", "flags": {"flip": True, "health": False}}
    assert str(run_dir.parent) not in json.dumps(card)


def test_a_record_of_flags_may_be_odd(script, tmp_path):
    record = tmp_path / "flags.txt"
    record.write_bytes(b"# my run\n\n--dataset=/data/caf\xe9\n--noflip\n--seed=")
    with flagsaver.flagsaver():
        flags.FLAGS([str(SCRIPT), f"--from={tmp_path}", f"--to={tmp_path}"])
        facts = script.facts(tmp_path / "gan.keras", tmp_path)
    assert facts["further"]["flags"] == {"flip": False, "seed": ""}
    assert facts["data_set"] == "/data/caf\ufffd"
    assert "seeds" not in facts


@pytest.mark.long
def test_flags_tell_what_the_run_does_not(export, run_dir, tmp_path):
    (tmp_path / "gan.keras").write_bytes((run_dir / "gan.keras").read_bytes())
    told = ["--dataset=faces", "--split=all", f"--metrics={run_dir / 'best.json'}"]
    card = card_of(export(tmp_path / "gan.keras", *told) / "1")
    assert card["data"] == {"data_set": "faces", "split": "all"}
    assert card["metrics"]["frechet_distance"]["value"] == 1.5


@pytest.fixture
def without_best(run_dir, tmp_path):
    """A run's directory in which no best GAN was kept."""
    path = tmp_path / "run"
    path.mkdir()
    for name in ("evaluation_0001.json", "evaluation_0002.json", "gan.keras"):
        (path / name).write_bytes((run_dir / name).read_bytes())
        os.utime(path / name, (1000, 1000))
    return path


@pytest.mark.long
def test_without_a_best_one_it_is_the_last(export, run_dir, without_best):
    folder = export(without_best)
    assert_same_images(folder, keras.saving.load_model(run_dir / "gan.keras"))
    card = card_of(folder / "1")
    assert card["metrics"]["frechet_distance"]["value"] == 3.0
    assert card["data"] == {"data_set": None, "split": None}


@pytest.mark.long
def test_an_evaluation_after_the_file_is_of_another_gan(export, without_best):
    os.utime(without_best / "evaluation_0002.json", (2000, 2000))
    assert card_of(export(without_best) / "1")["metrics"] == {}


@pytest.mark.long
def test_every_format_makes_the_images_of_the_generator(export, run_dir, capsys):
    folder = export(run_dir / "best.keras", "--formats=saved_model,litert,litert_int8,onnx")
    assert sorted(path.name for path in folder.iterdir()) == [
        "1",
        "digits.onnx",
        "digits.tflite",
        "digits_int8.tflite",
    ]
    gan = keras.saving.load_model(run_dir / "best.keras")
    latents = np.random.default_rng(0).standard_normal((4, 3), "float32")
    expected = gan.generate(latents=latents)
    (images,) = onnxruntime.InferenceSession(folder / "digits.onnx").run(None, {"latents": latents})
    np.testing.assert_allclose(images, expected, atol=1e-5)
    np.testing.assert_allclose(run_litert(folder / "digits.tflite", latents), expected, atol=1e-5)
    largest = np.abs(run_litert(folder / "digits_int8.tflite", latents) - expected).max()
    assert 0 < largest < 0.05
    lines = capsys.readouterr().out.splitlines()
    # What a server polls comes when all else has gone well.
    assert [line.split(":")[0] for line in lines[1:]] == ["litert_int8", "litert", "onnx", "saved_model"]
    said, sha256 = lines[1].split(", sha256 ")
    assert sha256 == sha256_of(folder / "digits_int8.tflite")
    words = said.split()
    assert (words[-6:-4], words[-3:]) == (["on", "average"], [words[-3], "at", "most"])
    assert 0 < float(words[-7]) < float(words[-3]) < 0.05


@pytest.mark.long
def test_what_takes_labels_is_exported_and_what_takes_images_too(export, tmp_path, capsys):
    networks = keras_gan.networks.mlp(image_shape=(4, 4, 1), latent_dim=3, width=8, num_classes=2)
    classes = keras_gan.LSGAN(*networks, seed=0)
    classes.save(tmp_path / "classes.keras")
    folder = export(tmp_path / "classes.keras")
    assert_same_images(folder, classes)
    translators = [
        keras.Sequential([keras.Input((4, 4, 1)), keras.layers.Conv2D(1, 3, padding="same")]) for _ in range(2)
    ]
    critics = [keras.Sequential([keras.Input((4, 4, 1)), keras.layers.Conv2D(1, 3)]) for _ in range(2)]
    keras_gan.CycleGAN(*translators, *critics).save(tmp_path / "night.keras")
    capsys.readouterr()
    export(tmp_path / "night.keras", "--formats=litert")
    # The script has no images to translate, and so prints no distance.
    assert capsys.readouterr().out.splitlines()[1].startswith(f"litert: {folder / 'digits.tflite'}, sha256 ")


def run_litert(path, latents):
    from keras_gan import _litert

    runner = _litert.interpreter(path).get_signature_runner("serving_default")
    return runner(latents=latents)["images"]


@pytest.mark.long
def test_the_options_of_the_export(export, run_dir):
    folder = export(run_dir, "--noaveraged", "--max_count=5")
    gan = keras.saving.load_model(run_dir / "best.keras")
    assert_same_images(folder, gan, averaged=False)
    assert np.abs(gan.generate(5, seed=1) - gan.generate(5, seed=1, averaged=False)).max() > 1e-4
    sample = tf.saved_model.load(folder / "1").signatures["sample"]
    with pytest.raises(tf.errors.InvalidArgumentError, match="1 to 5 samples"):
        sample(seed=tf.constant(0, tf.int64), count=tf.constant(6))


@pytest.mark.long
def test_a_compiled_signature_alone(export, run_dir):
    folder = export(run_dir, "--jit_compile", "--signatures=serving_default") / "1"
    assert list(tf.saved_model.load(folder).signatures) == ["serving_default"]
    saved = saved_model_pb2.SavedModel.FromString((folder / "saved_model.pb").read_bytes())
    graph_def = saved.meta_graphs[0].graph_def
    assert any(function.attr["_XlaMustCompile"].b for function in graph_def.library.function)


@pytest.mark.long
def test_the_next_export_is_the_next_version(export, run_dir):
    export(run_dir)
    assert sorted(path.name for path in export(run_dir).iterdir()) == ["1", "2"]


@pytest.mark.parametrize(
    "source, arguments, message",
    [
        ("nowhere", [], "Expected a .keras file, or the directory of a run. Received: --from="),
        ("best.keras", ["--which=best"], "Only the directory of a run has GANs to choose from. Received: --which=best"),
        ("checkpoints", [], "There is no gan.keras in this directory: let the run finish: give its command again"),
        (
            "checkpoints",
            ["--which=best"],
            "There is no best.keras in this directory: train with keras_gan.callbacks.Ev",
        ),
        ("flags.txt", [], "flags.txt"),
        ("", ["--metrics=flags.txt"], "flags.txt"),
    ],
)
def test_what_is_wrong_is_one_line(error, run_dir, source, arguments, message):
    assert message in error(run_dir / source, *arguments)


def _overwritten(content, name):
    """The content with other bytes behind the first place of a name."""
    place = content.index(name) + 100
    return content[:place] + b"\xff" * 20 + content[place + 20 :]


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: content[: len(content) // 2],
        lambda content: b"",
        lambda content: _overwritten(content, b"config.json"),
        lambda content: _overwritten(content, b"model.weights.h5"),
        lambda content: content.replace(b"config.json", b"confog.json"),
    ],
)
def test_a_damaged_file_is_one_line(error, run_dir, tmp_path, damage):
    path = tmp_path / "gan.keras"
    path.write_bytes(damage((run_dir / "gan.keras").read_bytes()))
    line = error(path)
    assert line.startswith("Error: This is not a complete `.keras` file: it is cut short, changed")
    assert line.endswith(f"Received: file='{path}'")


@pytest.mark.parametrize("flag", ["from", "to", "metrics"])
@pytest.mark.parametrize("value", ["gs://bucket/x", "file:/tmp/x", " "])
def test_a_path_that_is_not_on_this_machine(script, error, run_dir, flag, value):
    message = (
        f"without a scheme such as gs://; for the current directory give a dot. Received: --{flag}={value}".strip()
    )
    given = {"from": [value], "to": [run_dir, f"--to={value}"], "metrics": [run_dir, f"--metrics={value}"]}
    assert message in error(*given[flag])


def test_a_tilde_is_the_home_folder_and_a_dot_the_current_one(script, run_dir, tmp_path, monkeypatch):
    (tmp_path / "digits").mkdir()
    monkeypatch.setenv("HOME", str(run_dir.parent))
    monkeypatch.chdir(tmp_path / "digits")
    with flagsaver.flagsaver():
        script.main(flags.FLAGS([str(SCRIPT), "--from=~/digits", "--to=.", "--formats=litert"]))
    assert [path.name for path in (tmp_path / "digits").iterdir()] == ["digits.tflite"]


@pytest.mark.parametrize(
    "content, flags_of_card, seeds",
    [
        (b"", {}, {}),
        (b"--seed=5\n# a comment\n\n--fl", {"fl": True}, {"run": 5}),
        (b"--seed=five\n//--flip\nnonsense", {"seed": "five"}, {}),
        (b"\xff\xfe--flip\n--width=4", {"width": "4"}, {}),
    ],
)
def test_flags_that_were_cut_or_written_by_hand(script, tmp_path, content, flags_of_card, seeds):
    (tmp_path / "flags.txt").write_bytes(content)
    with flagsaver.flagsaver():
        flags.FLAGS([str(SCRIPT), "--from=x", "--to=y"])
        found = script.facts(tmp_path / "gan.keras", tmp_path)
    assert found["further"].get("flags", {}) == flags_of_card
    assert found.get("seeds", {}) == seeds


def test_a_network_is_no_gan(error, tmp_path):
    keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)]).save(tmp_path / "network.keras")
    assert "This file holds no GAN. Received: --from=" in error(tmp_path / "network.keras")


@pytest.mark.long
def test_a_format_that_fails_keeps_no_other_from_being_written(export, run_dir, tmp_path, monkeypatch, capsys):
    def fail(*arguments, **options):
        raise RuntimeError("no such operation")

    monkeypatch.setitem(sys.modules, "tf2onnx", None)
    monkeypatch.setattr(keras_gan.export, "save_litert", fail)
    with pytest.raises(SystemExit) as stop:
        export(run_dir, "--formats=saved_model,onnx,litert")
    assert stop.value.code.startswith(
        "Error: These formats could not be written, the other formats are written: litert (RuntimeError: no such "
        "operation); onnx ("
    )
    assert "pip install 'keras_gan[onnx]'" in stop.value.code
    assert [path.name for path in (tmp_path / "digits").iterdir()] == ["1"]
    assert "saved_model: " in capsys.readouterr().out


def test_a_missing_package_is_named_with_its_extra(error, run_dir, monkeypatch):
    monkeypatch.setitem(sys.modules, "tf2onnx", None)
    said = error(run_dir, "--formats=onnx")
    assert "could not be written, nothing is written: onnx (" in said
    assert "pip install 'keras_gan[onnx]'" in said


@pytest.mark.parametrize(
    "flag, message",
    [
        ("--fomats=onnx", "Unknown command line flag 'fomats'. Did you mean: formats"),
        ("--formats=onyx", "must be some of saved_model, onnx, litert, litert_int8, joined by commas"),
    ],
)
def test_a_wrong_flag_is_told_before_anything_is_imported(flag, message):
    command = [sys.executable, "-X", "importtime", str(SCRIPT), "--from=run", "--to=models", flag]
    got = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert got.returncode == 1
    assert message in got.stderr
    assert "tensorflow" not in got.stderr


def test_words_that_are_no_flags(script):
    with flagsaver.flagsaver(), pytest.raises(SystemExit, match=r"Error: Give only flags, as .*Received: digits"):
        script.main(["keras_gan export", "digits"])
