"""The discriminator of pix2pix and CycleGAN, which judges overlapping patches of a picture."""

import keras

from keras_gan._arguments import require_bool, require_choice, require_int
from keras_gan.networks._arguments import require_image_shape
from keras_gan.networks._patch_stages import NORMALIZATIONS, judged_patches, pictures_to_judge
from keras_gan.networks._sides import SupportedSides


def patch_discriminator(
    *, image_shape=(256, 256, 3), source_channels=None, width=64, layers=3, normalization="instance", features=False
):
    """Convolutional discriminator with a logit for each patch of a picture, after pix2pix and CycleGAN (PatchGAN).

    Where another loss already takes care of the picture as a whole, such as the distance to a target or a cycle, only
    texture is left to judge. A logit for each patch does that with few parameters, and on pictures of any size.

        image -> layers x (Conv(4x4) of stride 2) -> Conv(4x4) of stride 1 -> Conv(4x4, 1) of stride 1

    The convolutions have `width`, twice, four and at most eight times as many channels. LeakyReLU(0.2) follows all
    except the last, with normalisation before it in all except the first. All are padded by one pixel, so each of the
    two at the end makes the map smaller by one. With n layers of stride 2 a logit sees a patch with a side of

        9 * 2^n - 2        pixels: 16, 34, 70, 142 and 286 for 1, 2, 3, 4 and 5

    and a picture of 256 pixels has 30x30 logits for n = 3. Sides halve rounding up. With no layer of stride 2, the
    other convolutions are 1x1, with `width` and twice as many channels, and a logit sees one pixel (PixelGAN).

    With `source_channels` it is conditional: it judges the picture next to its source, joined in its channels. So it
    sees whether a picture fits its source, and not only whether it is sharp.

    Isola et al. 2016 (arXiv 1611.07004), section 3.2.2 and appendix 6.1.2, with batch normalisation; Zhu et al. 2017
    (arXiv 1703.10593), appendix 7.2, with instance normalisation; as in the authors' codes: kernels from N(0, 0.02),
    gains of the batch normalisation from N(1, 0.02), instance normalisation without gain and bias, biases in each
    convolution that no batch normalisation follows. CycleGAN's has 2,764,737 parameters; that of pix2pix, which sees
    source and target in six channels, 2,768,705.

    Args:
        image_shape: tuple (height, width, channels) of the pictures; None for sides of any size.
        source_channels: int, the channels of the sources, of the same height and width; None for a discriminator that
            does not see the source.
        width: int, the channels of the first convolution.
        layers: int, the number of convolutions of stride 2; 3 is the 70x70 PatchGAN, 0 the PixelGAN.
        normalization: "instance" (each channel of each picture by itself), "batch" or None.
        features: bool, whether the activated maps before the logits are an output, for feature matching.

    Returns:
        `keras.Model` from images in [-1, 1], `(batch, *image_shape)`, to float32 logits `(batch, rows, columns, 1)`,
        unbounded. With sources it takes a dict of "images" and "source". With features it returns a dict of "logits"
        and "features", a list of `layers + 1` maps (2 for the PixelGAN).

    Raises:
        ValueError: if a size is not a positive integer, `image_shape` is not of rank 3 or too small for `layers`, or
            the normalisation is unknown.

    Example:
        >>> discriminator = patch_discriminator(image_shape=(64, 48, 3), width=8)
        >>> discriminator.output_shape
        (None, 6, 4, 1)
        >>> conditional = patch_discriminator(image_shape=(64, 48, 3), source_channels=1, width=8)
        >>> sorted(conditional.input)
        ['images', 'source']
    """
    image_shape = require_image_shape(image_shape, rank=3, any_sides=True)
    width, layers = require_int("width", width), require_int("layers", layers, low=0, high=16)
    require_choice("normalization", normalization, tuple(NORMALIZATIONS))
    inputs, x = pictures_to_judge(image_shape, source_channels)
    # Three rows are left for the two convolutions of stride 1.
    smallest = 2 ** (layers + 1) + 1 if layers else 1
    if None in image_shape:
        x = SupportedSides(smallest=smallest, name="sides")(x)
    if any(side is not None and side < smallest for side in image_shape[:2]):
        raise ValueError(
            f"The picture is too small for {layers} convolutions of stride 2 and two of stride 1: make its sides at "
            f"least {smallest}, or use fewer layers. Received: image_shape={image_shape}, layers={layers}"
        )
    logits, maps = judged_patches(x, width=width, layers=layers, normalization=normalization)
    outputs = {"logits": logits, "features": maps} if require_bool("features", features) else logits
    return keras.Model(inputs, outputs, name="patch_discriminator")
