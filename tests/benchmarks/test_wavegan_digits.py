"""The benchmark of spoken digits: its recordings, its baselines, and what a short run of it prints."""

import numpy as np
import pytest
import soundfile
from absl.testing import flagsaver

SPEAKERS = ("nicolas", "theo", "yweweler")


@pytest.fixture(scope="module")
def script(load_script, write_speech):
    """The script as a module, with tones in place of digits."""
    module = load_script("benchmarks", "wavegan_digits.py")
    module.FLAGS(["wavegan_digits.py", f"--fsdd={write_speech(SPEAKERS)}", "--samples=1024", "--judge_steps=20"])
    return module


def test_noise_has_the_spectrum_of_its_recording_and_pieces_only_move(script):
    waves = np.random.default_rng(0).normal(0, 0.1, (3, 1000, 1)).astype("float32")
    noise = script.spectrum_matched_noise(waves)
    np.testing.assert_allclose(*(np.abs(np.fft.rfft(each[..., 0]))[:, 1:-1] for each in (noise, waves)), atol=1e-3)
    assert np.abs(noise - waves).max() > 0.1
    moved = script.shuffled(waves)
    assert moved.shape == waves.shape
    # A second piece of 64 ms would need 1,024 samples.
    np.testing.assert_array_equal(moved[:, :512], waves[:, :512])
    assert not moved[:, 512:].any()


@pytest.mark.filterwarnings("ignore:.*silence", "ignore:.*fewer", "ignore:.*samples")
def test_the_table_has_a_row_for_each_shuffle_and_runs_none_twice(script, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(script, "GENERATED", 20)
    paths = {"out": str(tmp_path / "log.jsonl"), "pictures": str(tmp_path / "pictures")}
    with flagsaver.flagsaver(steps=1, width=1, batch_size=4, critic_steps=1, **paths):
        script.main(["wavegan_digits.py"])
        table = capsys.readouterr().out
        for shuffle in (2, 0):
            assert f"| WaveGAN, phase shuffle {shuffle}, seed 0 |" in table
        assert "| test recordings |" in table
        monkeypatch.delattr(script, "run")
        script.main(["wavegan_digits.py"])
        assert capsys.readouterr().out == table
    sound, rate = soundfile.read(tmp_path / "pictures" / "shuffle_2_0.wav")
    assert (rate, len(sound)) == (8000, 20 * (1024 + 1600))
    assert (tmp_path / "pictures" / "test_recordings.png").exists()
