"""Load an exported generator with nothing but TensorFlow, and write a picture of 36 samples.

python examples/serve_picture.py saved_models/digits/1 served.png
"""

import os
import sys

from keras_gan_cli import quiet_tensorflow  # noqa: F401 - before TensorFlow

# isort: split
import tensorflow as tf

if len(sys.argv) != 3:
    sys.exit(__doc__)
folder, picture = map(os.path.expanduser, sys.argv[1:])
try:
    model = tf.saved_model.load(folder)
except Exception as error:
    # A damaged model fails in as many ways as it has files.
    sys.exit(f"Error: no whole SavedModel can be read in {folder}: {' '.join(str(error).split())}")
generate = model.signatures.get("serving_default")
inputs = generate.structured_input_signature[1].values() if generate else []
if [tensor.name for tensor in inputs] != ["latents"]:
    names = ", ".join(tensor.name for tensor in inputs) or "nothing"
    sys.exit(
        "Error: this script draws from latents alone; for a model that takes files, see saved_models/README.md. "
        f"Received: {folder}, whose serving_default takes {names}"
    )
(latents,) = inputs
(images,) = generate(**{latents.name: tf.random.stateless_normal((36, *latents.shape[1:]), seed=(0, 0))}).values()
_, height, width, channels = images.shape
grid = tf.reshape(
    tf.reshape(images, (6, 6, height, width, channels)).numpy().swapaxes(1, 2), (6 * height, 6 * width, -1)
)
tf.io.write_file(picture, tf.io.encode_png(tf.cast((grid + 1.0) * 127.5 + 0.5, tf.uint8)))
