"""The script of vocoders: what it writes of a folder, and flags that do not fit each other."""

import functools
import re

import numpy as np
import pytest
import soundfile
from absl import flags
from absl.testing import flagsaver

import keras_gan
from keras_gan.layers import MelSpectrogram


@pytest.fixture(scope="module")
def script(load_script):
    """The script as a module."""
    return load_script("examples", "vocode.py")


class Halving:
    """A vocoder that gives back half of what it hears."""

    mel_spectrogram = MelSpectrogram(8000, num_mels=8, fft_size=64, hop=16)

    def resynthesise(self, waveforms):
        return 0.5 * waveforms


def test_a_folder_comes_back_from_its_mels(script, tmp_path):
    (tmp_path / "in" / "ann").mkdir(parents=True)
    sound = np.random.default_rng(0).uniform(-0.5, 0.5, (2, 800)).astype("float32")
    soundfile.write(tmp_path / "in" / "one.wav", sound[0], 8000, subtype="FLOAT")
    soundfile.write(tmp_path / "in" / "ann" / "two.flac", sound[1], 8000)
    said = script.resynthesise(Halving(), tmp_path / "in", tmp_path / "out")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["ann_two.wav", "one.wav"]
    made, rate = soundfile.read(tmp_path / "out" / "one.wav", dtype="float32")
    assert rate == 8000
    np.testing.assert_allclose(made, 0.5 * sound[0], atol=1e-4)
    # log 2 everywhere.
    assert re.search(r"Resynthesised 2 recordings to .*: mean .* 0\.693, [\d.]+ seconds of sound in a second", said)


def test_another_sample_rate_is_refused(script, tmp_path):
    soundfile.write(tmp_path / "one.wav", np.zeros(100), 16000)
    with pytest.raises(ValueError, match=r"makes 8000 samples a second.* Received: .*one\.wav with 16000"):
        script.resynthesise(Halving(), tmp_path, tmp_path / "out")
    with pytest.raises(ValueError, match=r"no WAV, FLAC or OGG files"):
        script.resynthesise(Halving(), tmp_path / "out", tmp_path / "out")


@pytest.mark.parametrize(
    "arguments, message",
    [
        ([], "Nothing to do: give --recordings"),
        (["--recordings=a", "--steps=500", "--steps_per_epoch=200"], "multiple of --steps_per_epoch"),
        (["--resynthesise=a", "b"], "Give only flags.*Received: b"),
        (["--resynthesise=a", "--run_dir=/nowhere"], "train first, with --recordings. Received: --run_dir=/nowhere"),
    ],
)
def test_flags_that_do_not_fit_each_other(script, arguments, message):
    with flagsaver.flagsaver(), pytest.raises(SystemExit, match=message):
        script.main(flags.FLAGS(["vocode.py", *arguments]))


@pytest.mark.long
@pytest.mark.parametrize("version", ["MelGAN", "V3"])
def test_each_vocoder_trains_resumes_resynthesises_and_is_exported(script, version, tmp_path, monkeypatch, capsys):
    compile_eagerly = functools.partialmethod(keras_gan.training.AdversarialModel.compile, run_eagerly=True)
    monkeypatch.setattr(keras_gan.training.AdversarialModel, "compile", compile_eagerly)
    (tmp_path / "in").mkdir()
    for number, sound in enumerate(np.random.default_rng(0).uniform(-0.5, 0.5, (4, 2000))):
        soundfile.write(tmp_path / "in" / f"{number}.wav", sound, 8000)
    run_dir = f"--run_dir={tmp_path / 'run'}"
    sizes = ["--num_mels=8", "--fft_size=64", "--hop=16", "--ratios=4,4", "--width=4", "--discriminator_width=1"]
    sizes += ["--sample_rate=8000", "--high=3000", "--num_samples=256", "--batch_size=2", "--steps_per_epoch=1"]
    train = [f"--recordings={tmp_path / 'in'}", f"--version={version}", *sizes]

    def run(*arguments):
        with flagsaver.flagsaver():
            script.main(flags.FLAGS(["vocode.py", *arguments, run_dir]))
        return capsys.readouterr().out

    assert "4 recordings" in run(*train, "--steps=1")
    assert "Resuming from step 1" in run(*train, "--steps=2")
    assert (tmp_path / "run" / "checkpoints" / "step_000000002.npz").is_file()
    assert "run holds another run" in run(*train, "--steps=1", "--seed=1")
    said = run(f"--resynthesise={tmp_path / 'in'}", f"--export_dir={tmp_path / 'served'}")
    assert "Resynthesised 4 recordings" in said
    assert "Exported" in said
