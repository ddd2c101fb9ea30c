"""The benchmark of animations: its clips, and what a short run of it prints."""

import numpy as np
import pytest
from absl.testing import flagsaver


@pytest.fixture(scope="module")
def script(load_script, tmp_path_factory):
    """The script as a module, with 84 clips of a square that moves to the right."""
    module = load_script("benchmarks", "video_emoji.py")
    clips = np.full((84, 10, 16, 16, 3), 255, "uint8")
    for number, clip in enumerate(clips):
        for time, frame in enumerate(clip):
            frame[number % 12 : number % 12 + 4, time : time + 4] = 2 * number
    path = tmp_path_factory.mktemp("data") / "clips.npz"
    np.savez(path, clips=clips)
    module.FLAGS(["video_emoji.py", f"--clips={path}", "--side=16", "--judge_steps=10"])
    return module


def test_no_clip_is_trained_on_and_held_out(script):
    judge = script.Judge()
    assert (judge.known.shape, judge.truth.shape) == ((13, 10, 16, 16, 3), (71, 10, 16, 16, 3))
    both = {clip.tobytes() for clip in np.concatenate([judge.known, judge.truth])}
    assert len(both) == 84
    still = judge.measured(np.repeat(judge.truth[:, :1], 10, axis=1))
    assert still["change"] == 0.0
    assert judge.measured(judge.truth)["sharp"] == 1.0


@pytest.mark.filterwarnings("ignore:.*fewer", "ignore:The extractor", "ignore:.*samples")
def test_the_table_has_a_row_for_each_model_and_runs_none_twice(script, tmp_path, monkeypatch, capsys):
    paths = {"out": str(tmp_path / "log.jsonl"), "pictures": str(tmp_path / "pictures")}
    with flagsaver.flagsaver(steps=1, width=2, batch_size=2, **paths):
        script.main(["video_emoji.py"])
        table = capsys.readouterr().out
        for name in ("training clips", "Gaussian", "MoCoGAN, seed 0", "VideoGAN, seed 0"):
            assert f"| {name} |" in table
        monkeypatch.setattr(script, "make_model", None)
        script.main(["video_emoji.py"])
        assert capsys.readouterr().out == table
    assert (tmp_path / "pictures" / "videogan_0.gif").exists()
