"""What the callbacks say about arguments of keras_gan, in the flags of `keras_gan train` that set them."""

import re

# The words of a callback, as a regular expression, and those with flags.
_PHRASES = (
    # How to train a complete run further.
    (r"give more `epochs` than \d+", "give a larger --steps"),
    (r"another `run_dir`", "another --run_dir"),
    # Learning rates. The first one says them, because flags may have set others.
    (
        r"`keras\.optimizers\.Adam\((\S+), beta_1=0\.5\)` instead",
        r"--optimizer=adam --generator_learning_rate=\1 --discriminator_learning_rate=\1 instead",
    ),
    (r"the (generator|discriminator)'s learning rate", r"--\1_learning_rate"),
    (r"give the (generator|discriminator) a learning rate above", r"give a --\1_learning_rate above"),
    (r"([Ll]ower|bring) the learning rates", r"\1 --generator_learning_rate and --discriminator_learning_rate"),
    (r"with `global_clipnorm=1\.0` in the optimizers|by their global norm", "with --clip_norm=1"),
    # Penalties.
    (r"the weight of the discriminator's `R1`", "--r1"),
    (r"the weight of the discriminator's `GradientPenalty`", "--gradient_penalty"),
    (r"`penalties=\[keras_gan\.penalties\.R1\(1\.0\)\]`", "--r1=1"),
    (r"`penalties=\[keras_gan\.penalties\.GradientPenalty\(10\.0\)\]`", "--gradient_penalty=10"),
    (r"penalise the discriminator's gradient\. With", "penalise the discriminator's gradient with --r1. With"),
    # The rest.
    (r"`(NonSaturatingGAN|WGANGP)`", r"--gan=\1"),
    (r"`networks\.dcgan`", "--network=dcgan"),
    (r"`augmentation=keras_gan\.augmentation\.DiffAugment\(\)`", "--augmentation=diff_augment"),
    (r"`spectral_normalization=True`", "--spectral_normalization"),
    (r"`discriminator_steps`", "--discriminator_steps"),
    (r"`ema_half_life=5000`", "--ema_half_life=5000"),
    # No flag does it.
    (
        r"add `keras_gan\.layers\.MinibatchStddev` to the discriminator",
        "add keras_gan.layers.MinibatchStddev to the discriminator in a program of your own",
    ),
    (r"With `checkpoint` and `rollbacks`, TrainingHealth retries", "With --rollbacks, the run retries"),
    (r"Received: rollbacks=", "Received: --rollbacks="),
)


def in_flags(text):
    """Return a message of `Checkpoint` or `TrainingHealth` in the flags of `keras_gan train`."""
    for words, with_flags in _PHRASES:
        text = re.sub(words, with_flags, text)
    return text
