"""The script that trains models that restore pictures, where it learns to cut them out."""

import numpy as np
import pytest
import tensorflow as tf
from absl import flags
from absl.testing import flagsaver
from PIL import Image

RNG = np.random.default_rng(0)


@pytest.mark.long
def test_alphas_are_learnt_from_cut_outs_found_in_a_folder_and_served(load_script, tmp_path, capsys):
    script = load_script("examples", "restore.py")
    for name in ("cut_outs", "photographs", "new", "trimaps"):
        (tmp_path / name).mkdir()
    for number in range(20):
        cut_out = RNG.integers(0, 256, (40, 36, 4), "uint8")
        cut_out[:8, ..., 3], cut_out[20:, ..., 3] = 0, 255
        Image.fromarray(cut_out).save(tmp_path / "cut_outs" / f"{number}.png")
        Image.fromarray(RNG.integers(0, 256, (50, 40, 3), "uint8")).save(tmp_path / "photographs" / f"{number}.jpg")
    picture, trimap = RNG.integers(0, 65536, (35, 33, 3)).astype("uint16"), np.full((35, 33, 1), 128, "uint8")
    trimap[:9], trimap[20:] = 0, 255
    for path, content in (("new/a.png", picture), ("new/b.png", picture), ("trimaps/a.png", trimap)):
        (tmp_path / path).write_bytes(tf.io.encode_png(content).numpy())
    flags_of = [f"--{name}={tmp_path / folder}" for name, folder in (("pictures", "cut_outs"), ("run_dir", "run"))]
    flags_of += [f"--backgrounds={tmp_path / 'photographs'}", f"--restore={tmp_path / 'new'}"]
    sizes = ["--image_size=32", "--width=4", "--steps=2", "--steps_per_epoch=1", "--parts=20", "--batch_size=4"]
    served = [f"--trimaps={tmp_path / 'trimaps'}", f"--export_dir={tmp_path / 'served'}"]
    with flagsaver.flagsaver():
        script.main(flags.FLAGS(["restore.py", "--task=matte", *flags_of, *sizes, *served]))
    assert "b.png (it has no trimap of its name)" in capsys.readouterr().out
    made = tf.io.decode_png((tmp_path / "run" / "restored" / "a.png").read_bytes(), dtype="uint16").numpy()
    np.testing.assert_array_equal(made[..., :3], picture)
    np.testing.assert_array_equal(made[..., 3][trimap[..., 0] != 128], trimap[trimap != 128].astype(int) * 257)
    assert "matte_png" in tf.saved_model.load(str(tmp_path / "served" / "1")).signatures
    assert (tmp_path / "run" / "evaluation_0002.json").exists()
