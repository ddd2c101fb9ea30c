"""The benchmark of moving digits: its judges, what it says of known clips, and what a short run of it prints."""

import numpy as np
import pytest
from absl.testing import flagsaver


@pytest.fixture(scope="module")
def script(load_script):
    """The script as a module, with few clips and judges that learn little."""
    module = load_script("benchmarks", "mocogan_digits.py")
    module.FLAGS(["mocogan_digits.py", "--clips=30", "--judge_steps=20"])
    return module


@pytest.fixture(scope="module")
def judges(script):
    return script.Judges()


def test_the_middle_of_a_frame_is_the_digit_wherever_it_is(script):
    world = script.WORLD.draw(5, num_frames=10, seed=3)
    crops = script.centred(world.clips)
    assert crops.shape == (50, 12, 12, 1)
    # A digit has 8 pixels: nothing of it is cut off.
    np.testing.assert_allclose(
        (crops + 1).sum(axis=(1, 2, 3)), (world.clips + 1).sum(axis=(2, 3, 4)).ravel(), rtol=1e-4
    )


def test_real_clips_are_near_to_real_ones_and_others_are_not(script, judges):
    rows = {name: judges.measured(clips) for name, clips in script.references()}
    first, shuffled, others = rows.values()
    assert first["speed"] < 0.3 < 1.0 < shuffled["speed"] < others["speed"]
    assert first["acceleration"] < 0.3 < 1.0 < shuffled["acceleration"]
    assert first["alive"] == 1.0
    np.testing.assert_allclose(shuffled["constancy"], first["constancy"])
    empty = judges.measured(np.full_like(script.drawn("test", 0).clips, -1.0))
    assert (empty["alive"], empty["speed"]) == (0.0, np.inf)


def test_content_and_motion_of_known_clips_are_told_apart(script, judges, monkeypatch):
    positions = np.random.default_rng(0).uniform(0, 16, (3, 10, 2)).astype("float32")
    digits = np.random.default_rng(1).integers(100, 256, (4, 8, 8, 1)).astype("uint8")
    drawn_at = script.keras_gan.data.moving_digits.drawn_at
    grid = np.stack([drawn_at(np.repeat(digit[None], 3, axis=0), positions, 24).numpy() for digit in digits])
    monkeypatch.setattr(judges, "classes_of", lambda clips: np.repeat(np.arange(4).repeat(3)[:, None], 10, axis=1))
    found = judges.separated(grid)
    assert (found["content class"], found["motion class"], found["nothing class"]) == (1.0, 0.0, 0.0)
    assert found["motion path"] < 0.6 < 3.0 < found["content path"]


@pytest.mark.filterwarnings("ignore:.*fewer")
def test_the_tables_have_a_row_for_each_way_and_run_none_twice(script, tmp_path, monkeypatch, capsys):
    paths = {"out": str(tmp_path / "log.jsonl"), "pictures": str(tmp_path / "pictures")}
    monkeypatch.setattr(script, "GRID", 3)
    monkeypatch.setattr(script, "SHOWN", 2)
    with flagsaver.flagsaver(steps=1, width=2, frames=10, clips=20, batch_size=2, **paths):
        script.drawn.cache_clear()
        script.main(["mocogan_digits.py"])
        table = capsys.readouterr().out
        for way in script.WAYS:
            assert table.count(f"| {way}, seed 0 |") == 2
        monkeypatch.delattr(script, "run")
        script.main(["mocogan_digits.py"])
        assert capsys.readouterr().out == table
    assert (tmp_path / "pictures" / "no_rnn_0_contents_by_motions.gif").exists()
    script.drawn.cache_clear()


def test_an_unknown_way_is_named(script):
    with flagsaver.flagsaver(ways=["LSTM"]), pytest.raises(script.app.UsageError, match=r"--ways must be .*LSTM"):
        script.main(["mocogan_digits.py"])
