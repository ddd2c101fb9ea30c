"""What the flags of `keras_gan train` can name, without the import of TensorFlow that it would take to look it up."""

GANS = (
    "ACGAN",
    "AdversarialFlow",
    "HingeGAN",
    "InfoGAN",
    "LSGAN",
    "MinimaxGAN",
    "NonSaturatingGAN",
    "R3GAN",
    "RelativisticAverageGAN",
    "RelativisticGAN",
    "StyleGAN2",
    "WGAN",
    "WGANGP",
)
# Each architecture, with the flag that sets each argument.
_LATENTS, _SPECTRAL = {"latent_dim": "latent_dim"}, {"spectral_normalization": "spectral_normalization"}
_SIZES = _LATENTS | {"width": "width"}
_NORMALIZATION = {"discriminator_normalization": "discriminator_normalization"} | _SPECTRAL
_DROPOUT = {"discriminator_dropout": "discriminator_dropout"}
NETWORKS = {
    "acgan": _SIZES | _NORMALIZATION | _DROPOUT,
    "biggan": {"width": "width"},
    "dcgan": _SIZES | _NORMALIZATION | _DROPOUT,
    "dense_dcgan": _SIZES | _NORMALIZATION,
    "info_gan": _SIZES | _NORMALIZATION,
    "mlp": _SIZES | _SPECTRAL,
    "noise_unet": {"width": "width"},
    "progressive": _SIZES,
    "r3gan": _SIZES,
    "resnet": _LATENTS | {"generator_width": "width", "discriminator_width": "width"},
    "sagan": _SIZES,
    "stylegan2": _SIZES,
    "vit": _SIZES,
    "wgan_gp_resnet": _SIZES,
}
# Those that take --labels.
CONDITIONAL = ("acgan", "biggan", "dcgan", "mlp", "r3gan", "resnet", "sagan", "stylegan2", "vit")
# The GANs that have networks of their own.
OWN_NETWORKS = {
    "ACGAN": "acgan",
    "AdversarialFlow": "noise_unet",
    "InfoGAN": "info_gan",
    "R3GAN": "r3gan",
    "StyleGAN2": "stylegan2",
}
# The names that --penalties takes.
PENALTIES = {
    "approximate_r1": "ApproximateR1",
    "approximate_r2": "ApproximateR2",
    "dragan": "DRAGAN",
    "drift": "Drift",
    "gradient_penalty": "GradientPenalty",
    "lecam": "LeCam",
    "orthogonal": "Orthogonal",
    "path_length": "PathLength",
    "r1": "R1",
    "r2": "R2",
}
AUGMENTATIONS = {
    "adaptive_augment": "AdaptiveAugment",
    "diff_augment": "DiffAugment",
    "instance_noise": "InstanceNoise",
}
STRATEGIES = {"none": "get_strategy", "mirrored": "MirroredStrategy", "multi_worker": "MultiWorkerMirroredStrategy"}

# The names in `keras_gan.presets`: repeated, because its import takes the seconds of TensorFlow's.
PRESETS = ("digits", "icons_32", "few_images", "photos_64_cpu", "photos_64_gpu", "photos_128_gpu")
