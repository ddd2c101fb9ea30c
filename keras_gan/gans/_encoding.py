"""The base of the models that encode images as well as draw them."""

import abc

from keras_gan.gans._pairs import side_by_side
from keras_gan.training import AdversarialModel


class EncodingModel(AdversarialModel, abc.ABC):
    """A model with an encoder, from images to codes, and a network that draws images from codes.

    A subclass defines two samplers, which everything else goes through: `sampler`, from codes to images, whose main
    input is "latents"; and `encoder_sampler`, from images to codes. Exports find the second one by its name.
    """

    @abc.abstractmethod
    def sampler(self, averaged=True):
        """The `Sampler` from codes to images: the decoder, or its average."""

    @abc.abstractmethod
    def encoder_sampler(self, averaged=True):
        """The `Sampler` from images to their codes, which are not drawn: the encoder, or its average.

        Of an encoder with several outputs, the main one of its `Interface` is the code.
        """

    def generate(self, num_images=None, *, latents=None, seed=None, averaged=True, batch_size=64):
        """Draw images. This does not change the state of training.

        Args:
            num_images: int, how many; leave it out if you give `latents`.
            latents: float32 `(num_images, *latent_shape)`, or None to draw them.
            seed: int for the same latents each time, in every process; None for different latents each time.
            averaged: whether to use the averaged network if there is one.
            batch_size: int, how many to make at once.

        Returns:
            float32 NumPy array `(num_images, *sample_shape)`, images in [-1, 1].

        Raises:
            ValueError: if both or neither of `num_images` and `latents` are given, or the latents' shape is wrong.
        """
        return self.draw_samples(num_images, latents=latents, seed=seed, averaged=averaged, batch_size=batch_size)

    def encode(self, images, *, averaged=True, batch_size=64):
        """Return the codes of images; of an encoder that returns a distribution, its mean.

        Args:
            images: float32 `(num_images, *sample_shape)` in [-1, 1].
            averaged: whether to use the averaged encoder if there is one.
            batch_size: int, how many to encode at once.

        Returns:
            float32 NumPy array `(num_images, *latent_shape)`.

        Raises:
            ValueError: if the images have another shape, or are not in [-1, 1].
        """
        self.settle_averages()
        encoder = self.kept_sampler(averaged, method="encoder_sampler")
        return encoder.run(encoder.inputs_for(images=images), batch_size)

    def decode(self, latents, *, averaged=True, batch_size=64):
        """Return the images for given codes, as `generate` does with `latents`."""
        return self.generate(latents=latents, averaged=averaged, batch_size=batch_size)

    def reconstruct(self, images, *, averaged=True, batch_size=64):
        """Encode images, and decode their codes.

        Args:
            images: as in `encode`.
            averaged: whether to use the averaged networks if there are some.
            batch_size: int, how many to make at once.

        Returns:
            float32 NumPy array of the shape of the images, in [-1, 1].

        Raises:
            ValueError: as in `encode`.
        """
        codes = self.encode(images, averaged=averaged, batch_size=batch_size)
        return self.decode(codes, averaged=averaged, batch_size=batch_size)

    def snapshot(self, num_images, *, seed, inputs=None):
        """What `callbacks.ImageSnapshots` shows: drawn images, or images next to their reconstructions.

        Args:
            num_images: int, the most images to show.
            seed: int, of the images that are drawn.
            inputs: float32 images to reconstruct, or a batch of the data that has them: a dict of arrays by name; None
                to draw some.

        Returns:
            (images, columns): float32 array of images in [-1, 1], and how many of them make a row; None for as many as
            make a square.

        Raises:
            ValueError: if `inputs` is a dict without "images".
        """
        if inputs is None:
            return self.generate(num_images, seed=seed), None
        return side_by_side([[_images_of(inputs), self.reconstruct]], num_images)

    def inputs_of_call(self):
        """The images that `call` reconstructs."""
        return self.encoder_sampler().fields


def _images_of(inputs):
    """The images of what a picture of training is given."""
    if not isinstance(inputs, dict):
        return inputs
    if inputs.get("images") is None:
        raise ValueError(
            "A picture of reconstructions needs images: give `ImageSnapshots` an array of them, as `inputs=images`, or "
            f'a batch of the data with "images". Received: inputs with {sorted(inputs)}'
        )
    return inputs["images"]
