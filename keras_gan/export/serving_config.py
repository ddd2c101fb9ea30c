"""The two text files that TensorFlow Serving reads when it starts."""

import os
import pathlib
import re

from keras_gan._arguments import require_int
from keras_gan._files import local_path, writable_directory, write_atomically
from keras_gan.export.saved_model import version_folders


def write_serving_config(
    directory, models=None, *, base_path="/models", num_versions=1, max_batch_size=64, batch_timeout_micros=1000
):
    """Write `models.config` and `batching_parameters.txt` for a folder of exported models.

    The first file tells the server which models there are, where it finds them, and how many of the newest versions of
    each to serve. The second is for `--enable_batching`, with which requests that arrive at about the same time run as
    one batch, padded to 1, 2, 4, ... or `max_batch_size` rows.

    Such a server joins the inputs of every signature along their first dimension. The scalar inputs of `sample` and
    `sample_png` have none, so the server refuses to load these models: their warm-up requests fail. Export models for
    it with `signatures=["serving_default"]`. If the folder holds other models, start the server without
    `--enable_batching`; the second file then has no effect.

    Formats: `ModelServerConfig` (model_server_config.proto) and `BatchingParameters` (session_bundle_config.proto) of
    TensorFlow Serving.

    Args:
        directory: where the files go, above the models' folders; it must exist.
        models: names of the models' folders in `directory`; None for all that hold a version.
        base_path: the absolute path of `directory` on the server; in the official image it is /models.
        num_versions: int, how many of the newest versions of each model to serve.
        max_batch_size: int, the most rows of a batch.
        batch_timeout_micros: int, the most microseconds that a request waits for others.

    Returns:
        Tuple of the `pathlib.Path` of the two files.

    Raises:
        ValueError: if a model has no version, an argument is out of its range, or nothing can be written to the
            directory; existing files are kept.

    Example:
        >>> import tempfile
        >>> directory = pathlib.Path(tempfile.mkdtemp())
        >>> (directory / "digits" / "1").mkdir(parents=True)
        >>> path = directory / "digits" / "1" / "saved_model.pb"
        >>> path.touch()
        >>> config, batching = write_serving_config(directory)
        >>> print(config.read_text())
        model_config_list {
          config {
            name: "digits"
            base_path: "/models/digits"
            model_platform: "tensorflow"
            model_version_policy { latest { num_versions: 1 } }
          }
        }
    """
    if not local_path("directory", directory).is_dir():
        raise ValueError(
            "Expected the folder that holds the folders of the models. There is none. Received: "
            f"directory={os.fspath(directory)!r}"
        )
    directory = writable_directory(directory, "directory")
    names = _models(directory, models)
    base_path = _require_absolute(base_path)
    num_versions = require_int("num_versions", num_versions)
    max_batch_size = require_int("max_batch_size", max_batch_size)
    timeout = require_int("batch_timeout_micros", batch_timeout_micros, low=0)
    config, batching = directory / "models.config", directory / "batching_parameters.txt"
    write_atomically(config, _model_config(names, base_path, num_versions).encode())
    write_atomically(batching, _batching(max_batch_size, timeout).encode())
    return config, batching


def _model_config(names, base_path, num_versions):
    models = "".join(
        f"""  config {{
    name: "{name}"
    base_path: "{base_path}/{name}"
    model_platform: "tensorflow"
    model_version_policy {{ latest {{ num_versions: {num_versions} }} }}
  }}
"""
        for name in names
    )
    return f"model_config_list {{\n{models}}}\n"


def _batching(max_batch_size, timeout):
    # Without the numbers of threads and of waiting batches: the server's defaults follow its processors.
    sizes = [2**power for power in range(max_batch_size.bit_length()) if 2**power < max_batch_size]
    allowed = "".join(f"allowed_batch_sizes: {size}\n" for size in [*sizes, max_batch_size])
    return f"max_batch_size {{ value: {max_batch_size} }}\nbatch_timeout_micros {{ value: {timeout} }}\n{allowed}"


def _models(directory, names):
    found = sorted(path.name for path in directory.iterdir() if version_folders(path))
    if names is None:
        names = found
    elif isinstance(names, str):
        names = [names]
    if not (isinstance(names, list | tuple) and all(isinstance(name, str) for name in names)):
        raise ValueError(f"`models` must be a list of names, or None. Received: models={names!r}")
    wrong = [name for name in names if name not in found]
    if wrong or not names:
        raise ValueError(
            "A model is a folder in `directory` with a version that `keras_gan.export.save` wrote. "
            f"There are: {', '.join(found) or 'none'}. "
            f"Received: models={list(names)}, directory={os.fspath(directory)!r}"
        )
    unsafe = [name for name in names if not re.fullmatch(r"[\w.-]+", name, re.ASCII)]
    if unsafe:
        raise ValueError(
            "The name of a model is part of its address: use only letters, digits, `_`, `-` and `.`. Rename the "
            f"folder. Received: models={unsafe}"
        )
    return list(names)


def _require_absolute(path):
    path = str(path)
    if not pathlib.PurePosixPath(path).is_absolute() or set(path) & set('"\\\n'):
        raise ValueError(
            f"`base_path` must be an absolute path on the server, such as /models. Received: base_path={path!r}"
        )
    return path.rstrip("/")
