"""The benchmark of real text: its n-grams, and what a short run of it prints."""

import collections

import numpy as np
import pytest
from absl.testing import flagsaver

TINY = {
    "max_tokens": 9,
    "width": 4,
    "batch_size": 4,
    "updates": 5,
    "judge_steps": 1,
    "seqgan_steps": 1,
    "relgan_steps": 1,
    "wgan_steps": 1,
    "filters": 2,
    "rollouts": 1,
    "wgan_width": 4,
    "num_texts": 8,
    "num_bleu": 4,
}


@pytest.fixture(scope="module")
def script(load_script, tmp_path_factory):
    """The script as a module, with texts of ten words."""
    folder = tmp_path_factory.mktemp("text")
    rng = np.random.default_rng(0)
    words = ["a", "dog", "cat", "red", "big", "runs", "sits", "on", "grass", "bed"]
    for name in ("coco_captions_train", "coco_captions_test", "tinyshakespeare"):
        lines = [" ".join(rng.choice(words, rng.integers(4, 12))) for _ in range(120)]
        (folder / f"{name}.txt").write_text("\n".join(lines))
    module = load_script("benchmarks", "text_corpora.py")
    module.FLAGS(["text_corpora.py", f"--text={folder}"])
    return module


def test_n_grams_are_drawn_as_often_as_they_occur(script):
    model = script.NGrams(np.array([[1, 2, 0], [1, 3, 0], [1, 3, 4]]), 2, True)
    texts = collections.Counter(map(tuple, model.generate(3000, 0).tolist()))
    assert set(texts) == {(1, 2, 0), (1, 3, 0), (1, 3, 4)}
    np.testing.assert_allclose([count / 3000 for count in texts.values()], 1 / 3, atol=0.04)
    # After what never stood there, what stands anywhere.
    assert script.NGrams(np.array([[1, 1, 2]]), 2, False).generate(50, 0).max() == 2


@pytest.mark.filterwarnings("ignore")
def test_the_tables_have_a_row_for_each_model_and_run_none_twice(script, tmp_path, monkeypatch, capsys):
    paths = {"out": str(tmp_path / "log.jsonl"), "pictures": str(tmp_path / "pictures")}
    with flagsaver.flagsaver(**TINY, **paths):
        script.main(["text_corpora.py"])
        table = capsys.readouterr().out
        characters, words = table.split("\nwords: ")
        for name in (
            "training texts",
            "5-grams",
            "MLE, seed 0, temperature 0.5",
            "TextWGANGP, seed 0, temperature 1.0",
        ):
            assert f"| {name} |" in characters
        for name in ("SeqGAN, seed 0, temperature 1.0", "RelGAN, seed 0, temperature 0.7"):
            assert f"| {name} |" in words
        assert "TextWGANGP" not in words
        assert "\nRelGAN, seed 0: " in words
        monkeypatch.setattr(script, "run", None)
        script.main(["text_corpora.py"])
        assert capsys.readouterr().out == table
    assert len((tmp_path / "pictures" / "words_MLE_0_0.7.txt").read_text().splitlines()) == 8
