"""Load an exported generator with nothing but TensorFlow, and write a picture of 36 samples.

python examples/serve_picture.py saved_models/digits/1 served.png
"""

import os
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import tensorflow as tf

if len(sys.argv) != 3:
    sys.exit(__doc__)
generate = tf.saved_model.load(sys.argv[1]).signatures["serving_default"]
(latents,) = generate.structured_input_signature[1].values()
(images,) = generate(**{latents.name: tf.random.stateless_normal((36, *latents.shape[1:]), seed=(0, 0))}).values()
_, height, width, channels = images.shape
grid = tf.reshape(
    tf.reshape(images, (6, 6, height, width, channels)).numpy().swapaxes(1, 2), (6 * height, 6 * width, -1)
)
tf.io.write_file(sys.argv[2], tf.io.encode_png(tf.cast((grid + 1.0) * 127.5 + 0.5, tf.uint8)))
