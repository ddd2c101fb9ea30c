"""The script that trains on text: what it writes, and flags that do not fit each other."""

import functools

import pytest
import tensorflow as tf
from absl import flags
from absl.testing import flagsaver

import keras_gan


@pytest.fixture(scope="module")
def script(load_script):
    """The script as a module."""
    return load_script("examples", "write.py")


@pytest.mark.parametrize(
    "arguments, message",
    [
        ([], "Say which texts to learn from"),
        (["--text=a.txt", "--steps=500", "--steps_per_epoch=200"], "multiple of --steps_per_epoch"),
        (["--text=a.txt", "--model=TextWGANGP", "--prompt=a"], "takes neither --prompt nor --temperature"),
        (["--text=a.txt", "b"], "Give only flags.*Received: b"),
    ],
)
def test_flags_that_do_not_fit_each_other(script, arguments, message):
    with flagsaver.flagsaver(), pytest.raises(SystemExit, match=message):
        script.main(flags.FLAGS(["write.py", *arguments]))


@pytest.mark.long
@pytest.mark.parametrize("model", ["LanguageModel", "SeqGAN", "RelGAN", "TextWGANGP"])
def test_each_model_trains_resumes_writes_and_is_exported(script, model, tmp_path, monkeypatch, capsys):
    compile_eagerly = functools.partialmethod(keras_gan.training.AdversarialModel.compile, run_eagerly=True)
    monkeypatch.setattr(keras_gan.training.AdversarialModel, "compile", compile_eagerly)
    (tmp_path / "lines.txt").write_text("the cat sat on the mat\nthe dog sat\na cat ran\na dog ran off\n" * 8)
    sizes = ["--length=5", "--width=4", "--filters=2", "--batch_size=4", "--steps_per_epoch=1", "--rollouts=1"]
    prompt = [] if model == "TextWGANGP" else ["--prompt=the dog", "--temperature=0.8"]

    def run(steps, *more):
        given = [f"--text={tmp_path / 'lines.txt'}", f"--run_dir={tmp_path / 'run'}", f"--steps={steps}"]
        with flagsaver.flagsaver():
            flags_of_run = [f"--model={model}", "--pretraining_steps=1", *sizes, *prompt, *given, *more]
            script.main(flags.FLAGS(["write.py", *flags_of_run]))
        return capsys.readouterr().out

    assert "texts of 5 of 12 tokens" in run(2)
    assert "Resuming from step 2" in run(3, f"--export_dir={tmp_path / 'served'}")
    files = {path.name for path in (tmp_path / "run").iterdir()}
    assert {"gan.keras", "losses.png", "flags.txt", "checkpoints", "samples", "written.txt"} <= files
    assert len(list((tmp_path / "run" / "samples").glob("step_*.txt"))) == 4
    lines = (tmp_path / "run" / "written.txt").read_text().splitlines()
    assert len(lines) == 20
    assert model == "TextWGANGP" or all(line.startswith("the dog") for line in lines)
    assert tf.saved_model.load(str(tmp_path / "served" / "1")).signatures
