"""VideoGAN: what the generator minimises, and clips that continue first frames."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import keras_gan

SHAPE = (4, 8, 8, 1)
TINY = {"image_shape": SHAPE[1:], "num_frames": 4, "latent_dim": 3, "width": 2, "stages": 1}


def made(**options):
    keras.utils.set_random_seed(0)
    conditional = {"from_first_frame": options.pop("from_first_frame", False)}
    gan = keras_gan.VideoGAN(*keras_gan.networks.vgan(**TINY, **conditional), seed=0, **options)
    gan.compile(run_eagerly=True)
    return gan


@pytest.fixture(scope="module")
def predictor():
    return made(from_first_frame=True)


def clips(count=4):
    return np.random.default_rng(0).uniform(-1, 1, (count, *SHAPE)).astype("float32")


def test_the_generator_minimises_its_formula():
    gan = made(mask_weight=0.3, frame_weight=7.0, from_first_frame=True)
    real, masks = tf.constant(clips()), tf.fill((4, 4, 8, 8, 1), 0.25)
    fake = {"clips": real + 0.5, "masks": masks, "frames": real[:, 0]}
    terms = gan.generator_terms({"clips": real}, fake)["generator"]
    logits = gan.discriminator(real + 0.5, training=True).numpy()
    assert float(terms["g_loss"]) == pytest.approx(np.mean(np.log1p(np.exp(-logits))), rel=1e-4)
    assert float(terms["mask_loss"]) == pytest.approx(0.3 * 0.25)
    assert float(terms["frame_loss"]) == pytest.approx(7.0 * 0.5, rel=1e-5)


def test_fakes_continue_the_first_frames_of_the_real_clips(predictor):
    batch = {"clips": tf.constant(clips())}
    fake = predictor.generate_for(batch, tf.zeros((4, 3)))
    assert set(fake) == {"clips", "masks", "frames"}
    np.testing.assert_array_equal(fake["frames"], clips()[:, 0])
    assert (fake["clips"].numpy() != clips()).any()


def test_without_frames_the_frame_loss_is_zero_and_training_learns():
    gan = made()
    logs = gan.train_on_batch({"clips": clips()}, return_dict=True)
    assert logs["frame_loss"] == 0
    # A mask begins near one half.
    assert logs["mask_loss"] == pytest.approx(0.05, rel=0.1)
    assert gan.generate(3, seed=0).shape == (3, *SHAPE)
    assert gan.snapshot(9, seed=0)[0].shape == (8, 8, 8, 1)


def test_one_frame_has_several_futures_and_a_seed_gives_the_same(predictor):
    frames = clips()[:3, 0]
    three = predictor.generate(frames=frames, seed=1)
    assert three.shape == (3, *SHAPE)
    np.testing.assert_allclose(predictor.generate(3, frames=frames, seed=1), three, atol=1e-6)
    futures = predictor.generate(3, frames=frames[:1], seed=1)
    np.testing.assert_allclose(futures[0], three[0], atol=1e-6)
    # The first latent with another frame is another clip.
    assert np.abs(futures[1] - three[1]).max() > 1e-7


def test_pictures_continue_the_frames_that_they_are_given(predictor):
    images, columns = predictor.snapshot(8, seed=1, inputs={"clips": clips()})
    assert columns == 4
    np.testing.assert_allclose(images.reshape(2, *SHAPE), predictor.generate(frames=clips()[:2, 0], seed=1), atol=1e-6)


@pytest.mark.long
def test_an_export_continues_frames(predictor, tmp_path):
    folder = keras_gan.export.save(predictor, tmp_path / "served")
    signatures = tf.saved_model.load(str(folder)).signatures
    # Nobody can draw a frame from a seed.
    assert list(signatures) == ["serving_default"]
    given = {"latents": tf.ones((2, 3)), "frames": tf.constant(clips()[:2, 0])}
    (served,) = signatures["serving_default"](**given).values()
    np.testing.assert_allclose(served, predictor.generate(**given), atol=1e-5)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"num_clips": 2}, "give `frames`, one for each clip"),
        ({"num_clips": 3, "frames": clips()[:2, 0]}, "a row of `frames` for each clip, or one for all"),
        ({"frames": clips()}, r"Frames must have the shape \('num_clips', 8, 8, 1\)"),
        ({"frames": 100 * clips()[:, 0]}, "must lie in"),
    ],
)
def test_frames_that_do_not_fit_are_refused(predictor, arguments, words):
    with pytest.raises(ValueError, match=words):
        predictor.generate(**arguments)


def test_a_generator_without_frames_takes_none():
    with pytest.raises(ValueError, match="takes no `frames`"):
        made().generate(frames=clips()[:, 0])


def test_networks_of_images_are_refused():
    networks = keras_gan.networks.mlp(image_shape=(8, 8, 1), latent_dim=2, width=2)
    with pytest.raises(ValueError, match="must make and take clips"):
        keras_gan.VideoGAN(*networks)
