"""Models of sound, of clips and of holes as ONNX and LiteRT files: the same numbers as the Keras networks."""

import keras
import numpy as np
import onnxruntime
import pytest

import keras_gan
from keras_gan import export, networks

DRAWS = np.random.default_rng(0)
MELS = {"mels": DRAWS.normal(size=(2, 9, 8)).astype("float32")}
FRAMES = {"frames": DRAWS.uniform(-1, 1, (2, 16, 16, 1)).astype("float32")}
HOLES = {"images": DRAWS.uniform(-1, 1, (2, 32, 32, 1)).astype("float32"), "masks": np.zeros((2, 32, 32, 1), "float32")}
HOLES["masks"][:, 4:20, 9:30] = 1.0


def wavegan():
    parts = networks.wavegan(num_samples=64, latent_dim=4, width=2, num_classes=3)
    return keras_gan.WaveGAN(*parts, seed=0)


def vocoder(model, build, **options):
    front_end = keras_gan.layers.MelSpectrogram(8000, 8, 64, 16, high=4000.0)
    return model(*build(num_mels=8, width=8, ratios=(4, 4), discriminator_width=1, **options), front_end, seed=0)


def mocogan(cell):
    sizes = {"image_shape": (8, 8, 1), "num_frames": 7, "content_dim": 3, "motion_dim": 2, "width": 2, "stages": 1}
    return keras_gan.MoCoGAN(*networks.mocogan(**sizes, cell=cell), seed=0)


def videogan(from_first_frame):
    sizes = {"image_shape": (16, 16, 1), "num_frames": 4, "width": 2}
    return keras_gan.VideoGAN(*networks.vgan(**sizes, from_first_frame=from_first_frame), seed=0)


def inpainter():
    sizes = {"image_shape": (32, 32, 1), "width": 4, "discriminator_layers": 2}
    return keras_gan.FreeFormInpainter(*networks.gated_inpainter(**sizes), seed=0)


# The model, what it is given, and the names of what may have any size in its input and its output.
CASES = {
    "WaveGAN": (wavegan, {}, (["batch", 4], ["batch", 64, 1])),
    "MelGAN": (lambda: vocoder(keras_gan.MelGAN, networks.melgan), MELS, None),
    "HiFiGAN": (lambda: vocoder(keras_gan.HiFiGAN, networks.hifigan, version="V2"), MELS, None),
    "MoCoGAN": (lambda: mocogan(None), {}, (["batch", 3], ["batch", "frames", 8, 8, 1])),
    "VideoGAN": (lambda: videogan(False), {}, (["batch", 100], ["batch", 4, 16, 16, 1])),
    "VideoGAN of frames": (lambda: videogan(True), FRAMES, (["batch", 100], ["batch", 4, 16, 16, 1])),
    "FreeFormInpainter": (inpainter, HOLES, (["batch", 32, 32, 1], ["batch", 32, 32, 1])),
}
VOCODER_SIDES = ["batch", "frames", 8], ["batch", "samples", 1]


def made_by_onnx(model, path, inputs):
    session = onnxruntime.InferenceSession(export.save_onnx(model, path))
    (made,) = session.run(None, {name: np.asarray(value) for name, value in inputs.items()})
    return made, (session.get_inputs()[0].shape, session.get_outputs()[0].shape)


@pytest.mark.long
@pytest.mark.parametrize("case", CASES)
def test_both_files_make_what_keras_makes(case, tmp_path):
    keras.utils.set_random_seed(0)
    make, given, sides = CASES[case]
    model = make()
    inputs = model.sampler().inputs_for(None if model.sampler().main in given else 2, seed=0, **given)
    expected = np.asarray(model.sampler()(inputs))
    assert expected.std() > 1e-6
    made, found = made_by_onnx(model, tmp_path / "model.onnx", inputs)
    np.testing.assert_allclose(made, expected, rtol=0, atol=1e-4 * expected.std())
    assert found == (VOCODER_SIDES if sides is None else sides)
    path = export.save_litert(model, tmp_path / "model.tflite")
    assert export.litert_distance(model, path, num_images=2, **given)["largest"] < 1e-4 * expected.std()


@pytest.mark.long
@pytest.mark.parametrize("cell", ["gru", "lstm"])
def test_a_mocogan_with_a_cell_is_an_onnx_file_of_any_number_of_frames_and_no_litert_file(cell, tmp_path):
    keras.utils.set_random_seed(0)
    model = mocogan(cell)
    with pytest.raises(ValueError, match=r"recurrent layer: .*`keras_gan.export.save_onnx`.*tf.TensorListReserve"):
        export.save_litert(model, tmp_path / "model.tflite")
    inputs = model.sampler().inputs_for(2, seed=0, num_frames=11)
    made, found = made_by_onnx(model, tmp_path / "model.onnx", inputs)
    expected = model.generate(2, seed=0, num_frames=11)
    np.testing.assert_allclose(made, expected, rtol=0, atol=1e-4 * expected.std())
    assert found[1] == ["batch", "frames", 8, 8, 1]
