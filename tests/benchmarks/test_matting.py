"""The benchmark of matting: its scenes, its baselines, and what a short run of it prints."""

import io
import tarfile

import numpy as np
import pytest
from absl.testing import flagsaver
from PIL import Image

RNG = np.random.default_rng(0)


def png(pixels):
    content = io.BytesIO()
    Image.fromarray(pixels).save(content, "png")
    return content.getvalue()


def write(path, files):
    with tarfile.open(path, "w" if path.suffix == ".tar" else "w:gz") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))


def disc(brightness):
    """A disc with a soft edge, as an emoji."""
    rows, columns = np.meshgrid(np.arange(64), np.arange(64), indexing="ij")
    alpha = np.clip(20 - np.hypot(rows - 32, columns - 32), 0, 1) * 255
    colours = np.full((64, 64, 3), brightness)
    return np.concatenate([colours, alpha[..., None]], axis=-1).astype("uint8")


@pytest.fixture(scope="module")
def script(load_script, tmp_path_factory):
    """The script as a module, with 12 bright discs in place of emoji and dark photographs."""
    module = load_script("benchmarks", "matting.py")
    folder = tmp_path_factory.mktemp("data")
    styles = {f"emoji/{style}/{i}.png": png(disc(240 - i)) for style in module.STYLES for i in range(12)}
    write(folder / "emoji.tar.gz", styles)
    dark = {f"super_resolution/BSD100/{i}_HR.png": png(RNG.integers(0, 99, (70, 80, 3), "uint8")) for i in range(84)}
    write(folder / "super_resolution.tar", dark)
    module.HELD_OUT = 4
    module.FLAGS(["matting.py", f"--data={folder}"])
    return module


def test_scenes_are_compositions_whose_trimaps_agree_with_their_alphas(script):
    scene = script.held_out()
    pictures, trimaps, alphas = scene["source"][..., :3], scene["source"][..., 3:], scene["target"]
    assert pictures.shape == (4, 64, 64, 3)
    assert (alphas[trimaps == 255] == 255).all()
    assert (alphas[trimaps == 0] == 0).all()
    assert (pictures.min(axis=-1)[alphas[..., 0] == 255] > 200).all()
    assert (pictures.max(axis=-1)[alphas[..., 0] == 0] < 99).all()
    batch = next(iter(script.training_pairs(0)))
    assert batch["source"].shape == (8, 64, 64, 4)


def test_the_baselines_know_what_the_trimap_knows(script):
    half = script.errors_of(script.with_what_is_known(np.full((4, 64, 64, 1), 0.5)))
    luma = script.errors_of(script.alphas_by(script.by_luma))
    truth = script.errors_of(script.held_out()["target"] / 255.0)
    # Bright on dark, a threshold finds all except the soft edge.
    assert truth["sad"] < 1e-9 < luma["sad"] < 0.2 * half["sad"]
    assert half["mse"] > 0.2


@pytest.mark.long
def test_the_table_has_a_row_for_each_way_and_runs_none_twice(script, tmp_path, monkeypatch, capsys):
    paths = {"out": str(tmp_path / "log.jsonl"), "pictures": str(tmp_path / "pictures")}
    with flagsaver.flagsaver(steps=2, width=2, **paths):
        script.main(["matting.py"])
        table = capsys.readouterr().out
        for name in ("1/2", "threshold of the luma", "closed form", "distances, seed 0", "AlphaGAN, seed 0"):
            assert f"| {name}" in table
        monkeypatch.delattr(script, "run")
        script.main(["matting.py"])
        assert capsys.readouterr().out == table
    assert (tmp_path / "pictures" / "alphagan_0.png").exists()
