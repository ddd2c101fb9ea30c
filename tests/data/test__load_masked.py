"""Images with the masks of their holes: aligned, resumable, and in the fields that inpainters take."""

import numpy as np
import tensorflow as tf
from PIL import Image

from keras_gan.data import Preprocessing, load_masked


def holed(count=24, side=12):
    """Pictures whose red channel is bright exactly in the hole of their mask, which differs from picture to picture."""
    masks = (np.random.default_rng(0).random((count, side, side, 1)) < 0.3).astype("uint8") * 255
    numbers = np.broadcast_to(np.arange(count, dtype="uint8")[:, None, None, None], masks.shape)
    return np.concatenate([masks, numbers, 255 - masks], axis=-1), masks


def test_an_image_and_its_mask_are_cut_and_flipped_alike():
    batches = load_masked(*holed(), batch_size=8, seed=3, preprocessing=Preprocessing(flip=True, dequantize=True))
    seen = set()
    for batch in batches.take(6):
        images, masks = batch["images"].numpy(), batch["masks"].numpy()
        assert set(np.unique(masks)) == {0.0, 1.0}
        np.testing.assert_array_equal(images[..., :1] > 0, masks == 1.0)
        seen |= {int(np.round((image[0, 0, 1] + 1.0) * 127.5)) for image in images}
    assert len(seen) > 20


def test_a_stream_resumes_bit_for_bit_and_makes_one_pass():
    settings = {"batch_size": 5, "seed": 1, "split": "train", "preprocessing": Preprocessing(flip=True)}
    batches = load_masked(*holed(), **settings)
    whole = list(batches.take(9))
    for again in (batches.from_step(6), load_masked(*holed(), **settings, start_step=6)):
        for found, expected in zip(again.take(3), whole[6:], strict=True):
            tf.nest.map_structure(np.testing.assert_array_equal, found, expected)
    assert batches.image_shape == {"images": (12, 12, 3), "masks": (12, 12, 1)}
    assert (batches.num_images, batches.num_held_out, batches.steps_per_epoch) == (22, 2, 4)
    assert sum(len(batch["masks"]) for batch in batches.one_pass()) == 22


def test_of_folders_the_white_parts_are_the_holes(tmp_path):
    images, masks = holed(3)
    for name, pictures in (("pictures", images), ("masks", masks[..., 0])):
        (tmp_path / name).mkdir()
        for number, picture in enumerate(pictures):
            # The mask of a file may have grey values at its edges.
            Image.fromarray(np.where(picture == 255, 200, picture // 3)).save(tmp_path / name / f"{number}.png")
    batch = next(iter(load_masked(tmp_path / "pictures", tmp_path / "masks", batch_size=3).one_pass()))
    np.testing.assert_array_equal(batch["masks"], masks / 255.0)
