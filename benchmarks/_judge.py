"""A judge of samples of scikit-learn's digits, which has seen only their train split."""

import keras
import numpy as np

import keras_gan
from keras_gan.metrics import frechet_distance, nearest_neighbours

NUM_SAMPLES = 1797


class Judge:
    """A classifier of digits, which compares samples with the train and the test split."""

    def __init__(self):
        keras.utils.set_random_seed(0)
        (self.train_images, labels), (self.test_images, test_labels) = real_images("train"), real_images("test")
        features = keras.Sequential(
            [
                keras.Input((32, 32, 1)),
                keras.layers.AveragePooling2D(2),
                keras.layers.Conv2D(32, 3, padding="same", activation="relu"),
                keras.layers.MaxPooling2D(),
                keras.layers.Conv2D(64, 3, padding="same", activation="relu"),
                keras.layers.MaxPooling2D(),
                keras.layers.Flatten(),
                keras.layers.Dropout(0.3),
                keras.layers.Dense(64, activation="relu"),
            ]
        )
        classifier = keras.Sequential([features, keras.layers.Dense(10)])
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        classifier.compile("adam", loss, metrics=["accuracy"])
        classifier.fit(self.train_images, labels, epochs=30, batch_size=64, verbose=0)
        self.accuracy = classifier.evaluate(self.test_images, test_labels, verbose=0)[1]
        self.classifier, self.features = classifier, features
        self.train_features = features.predict(self.train_images, verbose=0)
        self.test_features = features.predict(self.test_images, verbose=0)
        self.test_to_train = nearest_distance(self.test_features, self.train_features)
        self.baseline = self.distance(gaussian_samples(self.train_images))

    def distance(self, images):
        """Frechet distance of the features to those of the test split."""
        return frechet_distance(self.features.predict(images, verbose=0), self.test_features)

    def row(self, name, images, seconds=None):
        """One line of the table."""
        features = self.features.predict(images, verbose=0)
        distance = frechet_distance(features, self.test_features)
        classes = self.classifier.predict(images, verbose=0).argmax(axis=1)
        smallest = np.bincount(classes, minlength=10).min() / len(images)
        neighbour = nearest_distance(features, self.train_features) / self.test_to_train
        cells = [f"{distance:.2f}", f"{distance / self.baseline:.3f}", f"{smallest:.1%}", f"{neighbour:.2f}"]
        return f"| {name} | {' | '.join(cells)} | {'' if seconds is None else f'{seconds:.0f}'} |"


def real_images(split):
    """All images and labels of a split, each once."""
    num_images = keras_gan.data.load("digits", split=split, batch_size=1).num_images
    data = keras_gan.data.load("digits", split=split, image_size=32, batch_size=num_images, labels=True)
    images, labels = next(iter(data))
    return images.numpy(), labels.numpy()


def gaussian_samples(images):
    """Samples of a Gaussian with the mean and the full covariance of the pixels, cut to [-1, 1]."""
    pixels = images.reshape(len(images), -1).astype("float64")
    rng = np.random.default_rng(0)
    samples = rng.multivariate_normal(pixels.mean(axis=0), np.cov(pixels, rowvar=False), NUM_SAMPLES, method="eigh")
    return samples.clip(-1, 1).reshape(-1, *images.shape[1:]).astype("float32")


def nearest_distance(queries, references):
    """Median over the queries of the distance to the nearest reference."""
    return float(np.median(nearest_neighbours(queries, references).distances))
