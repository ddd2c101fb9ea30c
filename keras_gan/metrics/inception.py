"""The two Inception networks: the one of 2015, which defines FID, and the one of `keras.applications`."""

import os
import pathlib

import keras
import tensorflow as tf
from google.protobuf.message import DecodeError

from keras_gan._arguments import require_bool, require_channels_last
from keras_gan._hashes import sha256_of
from keras_gan.metrics._networks import as_rows, existing_path, keras_network, opened, pick, saved_model_network
from keras_gan.metrics.extractor import Embedding, Extractor
from keras_gan.metrics.resizing import require_resize_mode

_IMAGES, _POOL, _MATMUL = "ExpandDims", "pool_3", "softmax/logits/MatMul"
_NUM_FEATURES, _NUM_CLASSES = 2048, 1008
_OLD_BATCH_NORM = "BatchNormWithGlobalNormalization"
_KERAS_WEIGHTS = "inception_v3_weights_tf_dim_ordering_tf_kernels.h5"
_KERAS_OUTPUTS = ("avg_pool", "predictions")


class Inception2015(Extractor):
    """The Inception network of December 2015, which defines FID, KID and the Inception Score.

    Only the distance of its features is called FID. The Inception v3 of `keras.applications` and the one of torchvision
    were trained differently and give other values.

    The features are the 2,048 averages of its last pooling, as in Heusel et al. 2017 (arXiv 1706.08500). The 1,008
    logits are the features times the weights of its classifier, without the biases. The code of Salimans et al. 2016
    (arXiv 1606.03498) computed the published Inception Scores in this way.

    The file is not downloaded. Bring one of these:

    * the frozen graph `classify_image_graph_def.pb` of the archive `inception-2015-12-05.tgz` that TensorFlow
      published, or
    * a SavedModel of the same network that takes images of 299 x 299 pixels in [-1, 1] and returns a dict of "pool_3"
      and "logits", as TF-GAN published it.

    The files were published without hashes, so this class contains none. Get the file from a source that you trust, and
    write its SHA-256 into your program. If the hash is missing or wrong, the error shows the hash of your file.

    Args:
        path: path of the file, or of the folder of the SavedModel.
        sha256: hex SHA-256 of the file. For a folder, the error shows the hash of all its files. A SavedModel is a
            program: it can read and write files when it runs.
        resize: "legacy_tensorflow" as in the original code and in nearly all published values; "clean" as Parmar, Zhang
            and Zhu 2022 (arXiv 2104.11222) recommend; or "legacy_pytorch".

    Raises:
        FileNotFoundError: if there is nothing at the path.
        ValueError: if the hash does not match, or the file holds another network.

    Example:
        >>> Inception2015("classify_image_graph_def.pb", sha256="0" * 64)
        Traceback (most recent call last):
        FileNotFoundError: There is no Inception network at this path. Received: path='classify_image_graph_def.pb'
    """

    is_fid = True

    def __init__(self, path, *, sha256=None, resize="legacy_tensorflow"):
        require_resize_mode(resize)
        path = existing_path("path", path, "Inception network")
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


class KerasInception(Extractor):
    """Inception v3 with the ImageNet weights of `keras.applications`. It is easy to get, but not the network of FID.

    Its Frechet distance ranks models much like FID does, with other numbers. The features are the 2,048 averages before
    the classifier. The logits are those of the 1,000 classes of ImageNet (Szegedy et al. 2016, arXiv 1512.00567).

    Args:
        weights: path of the file of weights, with the classifier. The default is the file in the cache of Keras.
        download: whether Keras may download the file if it is not in its cache.
        resize: "clean", "legacy_pytorch" or "legacy_tensorflow"; see `keras_gan.metrics.resizing`.

    Raises:
        FileNotFoundError: if the weights are missing and may not be downloaded.

    Example:
        >>> KerasInception("no_such_file.h5")
        Traceback (most recent call last):
        FileNotFoundError: There is no file of weights at this path. Received: weights='no_such_file.h5'
    """

    def __init__(self, weights=None, *, download=False, resize="clean"):
        require_resize_mode(resize)
        require_bool("download", download)
        if weights is not None:
            weights = existing_path("weights", weights, "file of weights")
        elif not download:
            weights = _cached_weights()
        model = _inception() if weights is None else opened(_inception, weights)
        network = keras_network(model, _KERAS_OUTPUTS)
        self._run = network.run
        super().__init__(
            name="keras_inception_v3",
            digest=network.digest,
            num_features=model.get_layer(_KERAS_OUTPUTS[0]).output.shape[-1],
            num_classes=model.get_layer(_KERAS_OUTPUTS[1]).output.shape[-1],
            input_shape=network.input_shape,
            resize=resize,
        )

    def embed(self, pixels):
        """Run the network; see `Extractor.embed`."""
        outputs = self._run(pixels / 127.5 - 1.0)
        return Embedding(*(outputs[name] for name in _KERAS_OUTPUTS))


def _inception(weights="imagenet"):
    require_channels_last()
    return keras.applications.InceptionV3(weights=str(weights), classifier_activation=None)


def _require_hash(path, sha256):
    digest = sha256_of(path)
    if sha256 is not None and digest == str(sha256).lower():
        return digest
    raise ValueError(
        f"The SHA-256 of this Inception network is {digest}. If you trust the file, pass this hash as `sha256`. "
        f"Otherwise get the file from the published archive. Received: sha256={sha256!r}"
    )


def _frozen(path):
    nodes = _read_graph(path)
    missing = {_IMAGES, _POOL, _MATMUL} - set(nodes)
    if missing:
        raise ValueError(
            f"The Inception network of 2015 has the nodes {_IMAGES}, {_POOL} and {_MATMUL}, and this graph lacks "
            f"{', '.join(sorted(missing))}. Received: path={str(path)!r}"
        )
    # The product in the graph takes a single image, so it is computed here with the same weights.
    function = _graph_function(nodes, _IMAGES, [_POOL, _inputs(nodes[_MATMUL])[1]])

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


def _read_graph(path):
    """Read a frozen graph of TensorFlow 1.

    Returns:
        dict of name to `NodeDef`.

    Raises:
        ValueError: if the file is not such a graph.
    """
    graph = tf.compat.v1.GraphDef()
    try:
        graph.ParseFromString(path.read_bytes())
    except DecodeError:
        graph.Clear()
    if not graph.node:
        raise ValueError(f"The file is not a frozen graph of TensorFlow (a GraphDef). Received: path={str(path)!r}")
    return {node.name: node for node in graph.node}


def _graph_function(nodes, feed, fetches):
    """Make a function from the part of a graph between two ends.

    Args:
        nodes: dict of name to `NodeDef`, whose constants hold the weights.
        feed: name of the node that the argument of the function replaces. The argument is a float32 tensor of shape
            (batch, height, width, 3).
        fetches: names of the nodes whose first outputs are returned.

    Returns:
        Function of a tensor that returns a list of tensors.
    """
    graph = tf.compat.v1.GraphDef()
    placeholder = tf.compat.v1.NodeDef(name=feed, op="Placeholder")
    placeholder.attr["dtype"].type = tf.float32.as_datatype_enum
    graph.node.append(placeholder)
    for name in _between(nodes, feed, fetches):
        graph.node.extend(_modern(nodes[name]))
    graph.versions.producer = tf.version.GRAPH_DEF_VERSION

    def run(values):
        outputs = [f"{name}:0" for name in fetches]
        return tf.graph_util.import_graph_def(graph, input_map={f"{feed}:0": values}, return_elements=outputs, name="")

    signature = [tf.TensorSpec((None, None, None, 3), tf.float32)]
    return tf.compat.v1.wrap_function(run, signature)


def _inputs(node):
    """Return the names of the nodes whose outputs a node takes."""
    return [name.lstrip("^").partition(":")[0] for name in node.input]


def _between(nodes, feed, fetches):
    """Return the names of the nodes that the fetches need if the feed is given."""
    needed, waiting = {}, list(fetches)
    while waiting:
        name = waiting.pop()
        if name != feed and name not in needed:
            needed[name] = None
            waiting += _inputs(nodes[name])
    return list(needed)


def _modern(node):
    """Return the same operation for current TensorFlow, which refuses the batch normalisation from before 2016."""
    if node.op != _OLD_BATCH_NORM:
        return [node]
    values, mean, variance, offset, scale = node.input
    dtype = node.attr["T"].type
    epsilon = tf.compat.v1.NodeDef(name=f"{node.name}/epsilon", op="Const")
    epsilon.attr["dtype"].type = dtype
    constant = tf.make_tensor_proto(node.attr["variance_epsilon"].f, tf.as_dtype(dtype))
    epsilon.attr["value"].tensor.CopyFrom(constant)
    added = [epsilon]

    def add(name, op, *operands):
        added.append(tf.compat.v1.NodeDef(name=name, op=op, input=operands))
        added[-1].attr["T"].type = dtype
        return name

    stabilised = add(f"{node.name}/stabilised", "AddV2", variance, epsilon.name)
    factor = add(f"{node.name}/factor", "Rsqrt", stabilised)
    if node.attr["scale_after_normalization"].b:
        factor = add(f"{node.name}/scaled_factor", "Mul", factor, scale)
    centred = add(f"{node.name}/centred", "Sub", values, mean)
    normalised = add(f"{node.name}/normalised", "Mul", centred, factor)
    add(node.name, "AddV2", normalised, offset)
    return added


def _cached_weights():
    path = pathlib.Path(os.environ.get("KERAS_HOME", "~/.keras")).expanduser() / "models" / _KERAS_WEIGHTS
    if path.is_file():
        return path
    raise FileNotFoundError(
        "The weights of Inception v3 are not in the cache of Keras, and downloads are off. Allow the download with "
        f"`download=True`, or put the file there yourself. Received: path={str(path)!r}"
    )
