"""The benchmark of vocoders: its baseline, its speakers, and what a short run of it prints."""

import numpy as np
import pytest
from absl.testing import flagsaver


@pytest.fixture(scope="module")
def script(load_script, write_speech):
    """The script as a module, with tones in place of digits."""
    module = load_script("benchmarks", "vocoder.py")
    module.FLAGS(["vocoder.py", f"--fsdd={write_speech(('jackson', 'theo'))}", "--samples=1024"])
    return module


def test_griffin_lim_makes_a_tone_of_its_mels(script):
    time = np.arange(2048) / 8000
    waves = (0.5 * np.sin(2 * np.pi * np.array([[200.0], [310.0]]) * time))[..., None].astype("float32")
    mels = script.front_end()
    made = script.GriffinLim().vocode(mels(waves))
    assert made.shape == waves.shape
    distance = script.keras_gan.metrics.log_mel_distance(made, waves, mels).mean
    noise = np.random.default_rng(0).normal(0, 0.3, waves.shape)
    assert distance < 0.5 < 2.0 < script.keras_gan.metrics.log_mel_distance(noise, waves, mels).mean
    # Without mels, of the magnitudes themselves.
    peaks = np.abs(np.fft.rfft(made[..., 0]))[:, 20:].argmax(axis=1) + 20
    np.testing.assert_allclose(peaks * 8000 / 2048, [200.0, 310.0], atol=10.0)


def test_magnitudes_have_the_mels_that_they_are_made_of(script):
    rng = np.random.default_rng(0)
    filters = script._griffin_lim._filters(script.front_end())
    true = rng.exponential(size=(1, 5, 129))
    found = script._griffin_lim._magnitudes(true @ filters, filters)
    assert found.min() >= 0.0
    np.testing.assert_allclose(found @ filters, true @ filters, rtol=0.05)


@pytest.mark.filterwarnings("ignore:.*shorter", "ignore:.*skipped", "ignore:.*left out")
def test_the_table_has_a_row_for_each_way_and_runs_none_twice(script, tmp_path, monkeypatch, capsys):
    paths = {"out": str(tmp_path / "log.jsonl"), "pictures": str(tmp_path / "sounds")}
    monkeypatch.setattr(script, "SECONDS", 1)
    with flagsaver.flagsaver(steps=1, width=8, discriminator_width=1, batch_size=2, **paths):
        script.main(["vocoder.py"])
        table = capsys.readouterr().out
        for name in ("Griffin-Lim", "HiFi-GAN, seed 0", "mels alone, seed 0"):
            assert f"| {name} |" in table
        monkeypatch.setattr(script, "make_model", None)
        script.main(["vocoder.py"])
        assert capsys.readouterr().out == table
    assert (tmp_path / "sounds" / "mels_alone_0.wav").exists()


def test_an_unknown_way_is_named(script):
    with flagsaver.flagsaver(ways=["MelGAN"]), pytest.raises(script.app.UsageError, match=r"--ways must be .*MelGAN"):
        script.main(["vocoder.py"])
