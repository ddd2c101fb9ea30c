"""The handwritten digits that come with scikit-learn."""

import numpy as np

from keras_gan.data.arrays import Arrays
from keras_gan.data.source import ImageData, Prepare, Source, check_split


class Digits(Source):
    """1,797 real 8x8 handwritten digits, which need no download.

    The bundled part of the "Optical Recognition of Handwritten Digits" set of the UCI repository (Alpaydin
    and Kaynak 1998). Its grey levels, 0 to 16, are scaled to 0 to 255.

    Splits: "train" (1,437 images), "test" (360) and "all". They are those of scikit-learn's
    `train_test_split(test_size=0.2, stratify=labels, random_state=0)`, each in the original order.

    Example:
        >>> from keras_gan import data
        >>> digits = data.load(data.Digits(), split="test", batch_size=32)
        >>> digits.num_images, digits.image_shape
        (360, (8, 8, 1))
    """

    def splits(self) -> tuple[str, ...]:
        """Return "train", "test" and "all"."""
        return ("train", "test", "all")

    def read(self, split: str, prepare: Prepare) -> ImageData:
        """Return one of the splits "train", "test" and "all" with the labels 0 to 9."""
        # Imported here: scikit-learn would slow down the import of the package.
        from sklearn.datasets import load_digits

        check_split(split, self.splits(), "digits")
        pixels, labels = load_digits(return_X_y=True)
        images = np.rint(pixels * (255 / 16)).astype(np.uint8).reshape(-1, 8, 8)
        rows = _rows(split, labels)
        data = Arrays(images[rows], labels[rows]).read("train", prepare)
        return data._replace(class_names=tuple("0123456789"))


def _rows(split: str, labels: np.ndarray) -> np.ndarray:
    from sklearn.model_selection import train_test_split

    rows = np.arange(len(labels))
    if split == "all":
        return rows
    train, test = train_test_split(rows, test_size=0.2, stratify=labels, random_state=0)
    return np.sort(train if split == "train" else test)
