"""Samples of text during training, to read."""

import numpy as np
import tensorflow as tf

from keras_gan._arguments import require_int
from keras_gan._files import write_atomically
from keras_gan.callbacks._snapshots import Snapshots


class TextSnapshots(Snapshots):
    r"""Writes texts from the same latents again and again, to files of one line a text.

    The losses of a GAN do not show how good its texts are. The files are `epoch_0003.txt`; the same line of two files
    has the same latents, so it shows what training changes. The end of a line in a text is written as `\n`. All that
    `ImageSnapshots` says of times, numbers, moments and disks holds here, too.

    The texts are what `generate(num_texts, seed=...)` returns, as strings of the tokenizer; without a tokenizer, they
    are the numbers of the tokens.

    Args:
        directory: where the files go. It is made if it does not exist.
        every: take a snapshot after this many units.
        unit: "epoch" or "step".
        num_texts: texts in a snapshot.
        seed: seed of the latents.
        tokenizer: `keras_gan.layers.Tokenizer` of the data; None for that of the model, if it has one.
        log_dir: directory for TensorBoard, which shows the texts as "samples"; or None.
        after_seconds: list or tuple of seconds of training, in whole numbers, after which a snapshot is taken in
            addition; empty for none.

    Raises:
        ValueError: if an argument is out of range or a directory cannot be written; when training begins, if the model
            has no `generate`, or its samples are no tokens.

    Example:
        >>> import pathlib, tempfile
        >>> import keras, numpy as np
        >>> from keras_gan.layers import Tokenizer
        >>> class Parrot(keras.Model):
        ...     def generate(self, num_texts, *, seed):
        ...         return np.tile([[2, 3, 0]], (num_texts, 1))
        >>> directory = pathlib.Path(tempfile.mkdtemp())
        >>> snapshots = TextSnapshots(directory, num_texts=2, tokenizer=Tokenizer(("", "[UNK]", "a", "dog"), length=3))
        >>> snapshots.set_model(Parrot())
        >>> snapshots.on_train_begin()
        >>> snapshots.on_epoch_begin(0)
        >>> snapshots.on_train_end()
        >>> print((directory / "epoch_0000.txt").read_text())
        a dog
        a dog
    """

    _noun, _suffix = "texts", ".txt"
    # A text model may show itself in other ways, too.
    _method = "text_snapshot"
    _training_state = Snapshots._training_state

    def __init__(
        self,
        directory,
        *,
        every=1,
        unit="epoch",
        num_texts=20,
        seed=0,
        tokenizer=None,
        log_dir=None,
        after_seconds=(30, 60, 120, 300),
    ):
        self.num_texts = require_int("num_texts", num_texts)
        if tokenizer is not None and not all(hasattr(tokenizer, name) for name in ("decode", "vocab_size")):
            raise ValueError(
                f"`tokenizer` must be a `keras_gan.layers.Tokenizer`, or None. Received: tokenizer={tokenizer!r:.80}"
            )
        self.tokenizer = tokenizer
        super().__init__(
            directory,
            every=every,
            unit=unit,
            count=self.num_texts,
            seed=seed,
            log_dir=log_dir,
            inputs=None,
            after_seconds=after_seconds,
        )

    def _taken(self):
        tokens, _ = self._samples_and_columns()
        tokens = np.asarray(tokens)
        if tokens.ndim != 2 or tokens.dtype.kind not in "iu" or 0 in tokens.shape:
            raise ValueError(
                "These samples are no texts: expected whole numbers of shape (num_texts, length). Take "
                f"`ImageSnapshots` for images. Received: samples of shape {tokens.shape} and dtype {tokens.dtype}"
            )
        tokenizer = getattr(self.model, "tokenizer", None) if self.tokenizer is None else self.tokenizer
        if tokenizer is None:
            return [" ".join(map(str, row)) for row in tokens.tolist()]
        return [text.decode().replace("\n", "\\n") for text in tokenizer.decode(tokens).numpy()]

    def _write(self, taken, stem):
        write_atomically(self.directory / f"{stem}.txt", ("\n".join(taken) + "\n").encode())

    def _show(self, taken, step):
        tf.summary.text("samples", taken, step=step)
