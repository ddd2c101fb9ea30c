"""The network of the Frechet Inception Distance."""

import tensorflow as tf

from keras_gan.metrics._frozen_graph import graph_function, inputs, read_graph
from keras_gan.metrics._network import as_rows, existing_path, path_digest, pick
from keras_gan.metrics._saved_model import saved_model_network
from keras_gan.metrics.extractor import Embedding, Extractor

_IMAGES, _POOL, _MATMUL = "ExpandDims", "pool_3", "softmax/logits/MatMul"
_NUM_FEATURES, _NUM_CLASSES = 2048, 1008


class Inception2015(Extractor):
    """The Inception network of December 2015, with which FID, KID and the Inception Score are defined.

    Only the distance of its features is called FID. It is not the Inception v3 of `keras.applications` or of
    torchvision, which were trained otherwise and give other values.

    The features are the 2,048 averages of its last pooling, as in Heusel et al. 2017 (arXiv 1706.08500). The logits
    are these times the weights of its classifier, 1,008 of them, without the biases: so the code of Salimans et al.
    2016 (arXiv 1606.03498) computed the published Inception Scores.

    The file is yours to bring, since it is not downloaded:

    * the frozen graph `classify_image_graph_def.pb` of the archive `inception-2015-12-05.tgz` that TensorFlow
      published, or
    * a SavedModel of the same network that takes images of 299 x 299 pixels in [-1, 1] and returns a dict of "pool_3"
      and "logits", as TF-GAN published it.

    No hash of these files was published with them, so this class knows none by heart: take the file from where you
    trust it, and write its SHA-256 into your program. The error of a wrong or missing one names the hash of the file
    that you have.

    Args:
        path: of the file, or of the SavedModel's folder.
        sha256: hex SHA-256 of the file; of a folder as this class computes it, from all its files.
        resize: "legacy_tensorflow" as in the original code, which nearly all published values used; "clean" as
            Parmar, Zhang and Zhu 2022 (arXiv 2104.11222) recommend; or "legacy_pytorch".

    Raises:
        FileNotFoundError: if there is nothing at the path.
        ValueError: if the hash is another, or the network is.

    Example:
        >>> Inception2015("classify_image_graph_def.pb", sha256="0" * 64)
        Traceback (most recent call last):
        FileNotFoundError: There is no Inception network at this path. Received: path='classify_image_graph_def.pb'
    """

    is_fid = True

    def __init__(self, path, *, sha256=None, resize="legacy_tensorflow"):
        path = existing_path(path, "Inception network")
        self.sha256 = _require_hash(path, sha256)
        self._run = _saved_model(path) if path.is_dir() else _frozen(path)
        super().__init__(
            name="inception_2015",
            digest=self.sha256,
            num_features=_NUM_FEATURES,
            num_classes=_NUM_CLASSES,
            input_shape=(299, 299, 3),
            resize=resize,
        )
        self._check_network(path)

    def embed(self, pixels):
        """Run the network; see `Extractor.embed`."""
        return self._run(pixels)

    def _check_network(self, path):
        widths = tuple(part.shape[-1] for part in self._run(tf.zeros((1, *self.input_shape))))
        if widths != (_NUM_FEATURES, _NUM_CLASSES):
            raise ValueError(
                f"The Inception network of 2015 has {_NUM_FEATURES} features and {_NUM_CLASSES} logits, and this one "
                f"has {widths[0]} and {widths[1]}. Received: path={str(path)!r}"
            )


def _require_hash(path, sha256):
    digest = path_digest(path)
    if sha256 is not None and digest == str(sha256).lower():
        return digest
    raise ValueError(
        f"The SHA-256 of this Inception network is {digest}. If you trust the file, pass that as `sha256`; else take "
        f"it from the archive that was published. Received: sha256={sha256!r}"
    )


def _frozen(path):
    nodes = read_graph(path)
    missing = {_IMAGES, _POOL, _MATMUL} - set(nodes)
    if missing:
        raise ValueError(
            f"The Inception network of 2015 has the nodes {_IMAGES}, {_POOL} and {_MATMUL}, and this graph lacks "
            f"{', '.join(sorted(missing))}. Received: path={str(path)!r}"
        )
    # The product itself is made for one image, so it is done again here, with its weights.
    function = graph_function(nodes, _IMAGES, [_POOL, inputs(nodes[_MATMUL])[1]])

    def run(pixels):
        pool, weights = function(pixels)
        features = tf.reshape(pool, (-1, weights.shape[0]))
        return Embedding(features, tf.matmul(features, weights))

    return run


def _saved_model(path):
    network = saved_model_network(path)

    def run(pixels):
        outputs = network.run(pixels / 127.5 - 1.0)
        return Embedding(as_rows(pick(outputs, "pool_3")), as_rows(pick(outputs, "logits")))

    return run
