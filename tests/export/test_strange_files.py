"""Exports from elsewhere: what is damaged is named, and what has another hash is not opened."""

import contextlib
import json
import pathlib
import re
import shutil
import sys
import types

import keras
import numpy as np
import pytest

from keras_gan import _litert, export, networks
from keras_gan.export import ExportedGenerator, litert_distance, save_litert, sha256_of


@pytest.fixture(scope="module")
def gan():
    """Of two classes, so that the export's card matters."""
    generator, _ = networks.mlp(image_shape=(4, 4, 1), latent_dim=3, width=4, num_classes=2)
    return types.SimpleNamespace(generator=generator, latent_shape=(3,), num_classes=2)


@pytest.fixture(scope="module")
def folder(gan, tmp_path_factory):
    return export.save(gan, tmp_path_factory.mktemp("models"), signatures=["serving_default"])


@pytest.fixture(scope="module")
def exported(folder):
    return ExportedGenerator(folder)


@pytest.fixture
def copy(folder, tmp_path):
    return pathlib.Path(shutil.copytree(folder, tmp_path / "7"))


@pytest.mark.long
def test_the_hash_that_the_export_states_opens_it(folder):
    assert sha256_of(folder) == sha256_of(folder / "SHA256SUMS")
    assert ExportedGenerator(folder, sha256=sha256_of(folder)).num_classes == 2
    assert ExportedGenerator(folder.parent, sha256=sha256_of(folder)).path == folder


@pytest.mark.parametrize("name", ["saved_model.pb", "variables/variables.index", "model_card.json", "assets.extra/new"])
def test_what_has_another_hash_is_not_opened(copy, monkeypatch, name):
    sha256 = sha256_of(copy)
    with (copy / name).open("ab") as file:
        file.write(b" ")
    monkeypatch.setattr("tensorflow.saved_model.load", None)
    with pytest.raises(ValueError, match=rf"7 is not what.*its SHA-256 is {sha256_of(copy)}.*sha256='{sha256}'"):
        ExportedGenerator(copy, sha256=sha256)


def _cut(name, size):
    return lambda folder: (folder / name).write_bytes((folder / name).read_bytes()[:size])


def _flip(name, place):
    def damage(folder):
        content = bytearray((folder / name).read_bytes())
        content[place] ^= 255
        (folder / name).write_bytes(content)

    return damage


def _remove(name):
    return lambda folder: (folder / name).unlink()


DATA = "variables/variables.data-00000-of-00001"


@pytest.mark.parametrize(
    "damage, named",
    [
        (_cut("saved_model.pb", 3000), "saved_model.pb"),
        (_cut("saved_model.pb", 0), "saved_model.pb"),
        (lambda folder: shutil.rmtree(folder / "variables"), "variables"),
        (_remove("variables/variables.index"), "variables"),
        (_remove(DATA), "variables"),
        (_cut(DATA, 20), "variables"),
        (_cut("variables/variables.index", 50), "variables"),
        (_flip(DATA, 10), "variables"),
    ],
)
def test_the_damaged_part_is_named(copy, damage, named):
    damage(copy)
    message = rf"^{re.escape(str(copy / named))} is damaged, or a part of it is missing \(.+\). Copy or export"
    with pytest.raises(ValueError, match=message):
        ExportedGenerator(copy)


def test_what_the_disk_refuses_is_no_damage(copy):
    (copy / "saved_model.pb").unlink()
    (copy / "saved_model.pb").mkdir()
    with pytest.raises(IsADirectoryError, match=r"saved_model\.pb"):
        ExportedGenerator(copy)


@pytest.mark.long
@pytest.mark.parametrize(
    "card",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff\xfe{",
        b"[" * 100_000,
        *(json.dumps({"sampler": sampler}).encode() for sampler in (5, {"num_classes": "ten"}, {"num_classes": -1})),
    ],
)
def test_a_damaged_card_is_named(copy, card):
    (copy / "model_card.json").write_bytes(card)
    with pytest.raises(ValueError, match=r"The model's card is damaged \(.+\).*Received: .*7/model_card.json"):
        ExportedGenerator(copy)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize(
    "write",
    [
        lambda gan, folder: export.save(gan, folder / "models"),
        lambda gan, folder: save_litert(gan, folder / "a.tflite"),
        lambda gan, folder: export.save_onnx(gan, folder / "a.onnx"),
        lambda gan, folder: litert_distance(gan, folder / "a.tflite"),
    ],
    ids=["saved_model", "litert", "onnx", "distance"],
)
def test_a_weight_that_is_not_finite_is_not_exported(tmp_path, write, value):
    generator = keras.Sequential(
        [keras.Input((2,)), keras.layers.Dense(3, name="last"), keras.layers.Reshape((1, 1, 3))]
    )
    generator.get_layer("last").bias.assign([0.0, value, 0.0])
    message = r"The weight .*last/bias holds NaN or infinity.*Received: \w+ with 1 of 3 numbers that are not finite"
    with pytest.raises(ValueError, match=message):
        write(types.SimpleNamespace(generator=generator, latent_shape=(2,)), tmp_path)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"averaged": "no"}, "`averaged` must be True or False. Received: averaged='no'"),
        ({"jit_compile": "no"}, "`jit_compile` must be True or False. Received: jit_compile='no'"),
        ({"jit_compile": None}, "`jit_compile` must be True or False. Received: jit_compile=None"),
        ({"max_count": 2**31}, "`max_count` must be an integer below 2^31. Received: max_count=2147483648"),
        ({"max_count": True}, "`max_count` must be an integer of at least 1. Received: max_count=True"),
        ({"version": 2**63}, "`version` must be an integer of at most 9223372036854775807. Received: version=922"),
        ({"signatures": 5}, "and only names of ['serving_default', 'sample', 'sample_png']. Received: signatures=5"),
        ({"signatures": [["sample"]]}, "Received: signatures=[['sample']]"),
        ({"signatures": []}, "Received: signatures=[]"),
    ],
)
def test_arguments_that_would_mean_something_else(gan, tmp_path, arguments, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        export.save(gan, tmp_path / "models", **arguments)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "inputs, message",
    [
        ({"labels": 2**32}, "Received: labels up to 4,294,967,296"),
        ({"labels": [0, 2**40]}, "Received: labels up to 1,099,511,627,776"),
        ({"labels": [[0], [1]]}, "Received: labels of type int64 and shape (2, 1)"),
        ({"latents": 5}, "Received: latents of type int32 and shape ()"),
        ({"latents": [["a", "b", "c"]]}, "Received: latents of type string and shape (1, 3)"),
        ({"latents": [[1, 2, 3], [1]]}, "Received: latents=[[1, 2, 3], [1]]"),
        ({"latents": [[True, False, True]]}, "Received: latents of type bool and shape (1, 3)"),
        ({"latents": [[1j, 0, 0]]}, "Received: latents of type complex128 and shape (1, 3)"),
    ],
)
def test_inputs_that_a_cast_would_change(exported, inputs, message):
    given = {"num_images": None if "latents" in inputs else 2, "labels": 0, **inputs}
    with pytest.raises(ValueError, match=r"must have the type (float|int)32 and the shape .*" + re.escape(message)):
        exported.generate(**given)


def test_the_folder_of_a_version_holds_no_versions(gan, folder):
    with pytest.raises(ValueError, match=r"the folder of a version\. Give the folder above it"):
        export.save(gan, folder)
    assert not (folder / "1").exists()


def test_flags_of_the_other_formats_are_true_or_false(gan, tmp_path):
    for write, flag in [(save_litert, "quantize"), (save_litert, "averaged"), (export.save_onnx, "averaged")]:
        path = tmp_path / f"a.{'onnx' if write is export.save_onnx else 'tflite'}"
        with pytest.raises(ValueError, match=f"`{flag}` must be True or False. Received: {flag}='no'"):
            write(gan, path, **{flag: "no"})
    assert not list(tmp_path.iterdir())


@pytest.fixture
def tflite(gan, tmp_path, monkeypatch):
    """A file that this process does not remember."""
    path = save_litert(gan, tmp_path / "a.tflite")
    monkeypatch.setattr(_litert, "_trusted", set())
    return path


@pytest.mark.long
def test_a_file_from_elsewhere_is_tried_in_another_process_once(gan, tflite, monkeypatch):
    runs = []
    run = _litert.subprocess.run
    monkeypatch.setattr(_litert.subprocess, "run", lambda *parts, **options: runs.append(1) or run(*parts, **options))
    for _ in range(2):
        assert litert_distance(gan, tflite, labels=1)["largest"] < 1e-5
    assert len(runs) == 1


def test_a_file_that_is_vouched_for_is_not_tried(gan, tflite, monkeypatch):
    monkeypatch.setattr(_litert.subprocess, "run", None)
    assert litert_distance(gan, tflite, sha256=sha256_of(tflite))["largest"] < 1e-5
    with pytest.raises(ValueError, match=r"a\.tflite is not what its author described"):
        litert_distance(gan, tflite, sha256="0" * 64)


@pytest.mark.long
@pytest.mark.parametrize(
    "program, reason",
    [
        ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", "it ended the process, exit code -11"),
        ("import time; time.sleep(60)", "it did not end in 0.2 seconds"),
        ("import sys; print('Tensor 5 has no buffer'); sys.exit(1)", "Tensor 5 has no buffer"),
    ],
)
def test_a_file_that_ends_or_holds_its_process_is_refused(gan, tflite, tmp_path, monkeypatch, program, reason):
    (tmp_path / "trial.py").write_text(program)
    monkeypatch.setattr(_litert, "_TRIAL", tmp_path / "trial.py")
    monkeypatch.setattr(_litert, "_TRIAL_SECONDS", 0.2 if "sleep" in program else 10)
    with pytest.raises(
        ValueError, match=rf"a trial in a process of its own failed \({reason}\)\. Get the file again\. If you trust it"
    ):
        litert_distance(gan, tflite)


def test_the_trial_needs_next_to_nothing_of_tensorflow(tflite):
    code = f"""
import runpy, sys
sys.stdin = open({str(tflite)!r})
runpy.run_path({str(_litert._TRIAL)!r}, run_name="__main__")
assert "tensorflow.python.framework.ops" not in sys.modules
"""
    tried = _litert.subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert tried.returncode == 0, tried.stderr


@pytest.mark.long
def test_no_flipped_bit_of_a_file_ends_this_process(gan, tflite):
    content, rng = tflite.read_bytes(), np.random.default_rng(0)
    for place in rng.integers(len(content) * 8, size=240):
        flipped = bytearray(content)
        flipped[place // 8] ^= 1 << (place % 8)
        tflite.write_bytes(flipped)
        with contextlib.suppress(ValueError):
            litert_distance(gan, tflite)
