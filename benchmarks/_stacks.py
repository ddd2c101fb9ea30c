"""Stacked digits: three random images in the channels of one picture, and how many of the 1,000 modes samples reach.

Metz et al. 2016 (arXiv 1611.02163) stack digits of MNIST: the three digits of a picture are its mode.
"""

import numpy as np
import tensorflow as tf

from keras_gan.metrics import class_coverage

NUM_MODES = 1000


def pictures(dataset):
    """Return each image of a labelled data set once, grey and in [-1, 1], `(num_images, height, width)`."""
    return np.concatenate([images[..., 0] for images, _ in dataset.one_pass()])


def stacks(images, seed, batch_size=64):
    """Return endless batches of random triples of images, one per channel; a function of the seed and the step."""
    with tf.device("CPU:0"):
        images = tf.constant(images)

    def batch(step):
        chosen = tf.random.stateless_uniform((batch_size, 3), (seed, step), 0, len(images), tf.int32, alg="philox")
        return tf.transpose(tf.gather(images, chosen), (0, 2, 3, 1))

    def from_step(start):
        steps = tf.data.Dataset.range(start, 2**40)
        steps = steps.apply(tf.data.experimental.assert_cardinality(tf.data.INFINITE_CARDINALITY))
        return steps.map(batch, num_parallel_calls=2, deterministic=True).prefetch(2)

    dataset = from_step(0)
    dataset.from_step = from_step
    return dataset


def coverage(batches, classifier, num_samples):
    """Read the digits of batches of pictures; return the modes and the divergences as a dict."""
    modes = []
    for batch in batches:
        read = [np.argmax(classifier(batch[..., i : i + 1]).logits, axis=-1) for i in range(3)]
        modes.append(100 * read[0] + 10 * read[1] + read[2])
    return class_coverage(np.concatenate(modes)[:num_samples], NUM_MODES)._asdict()
