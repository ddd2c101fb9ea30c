"""The base of the models that encode images as well as draw them."""

import abc

from keras import ops

from keras_gan.gans._pairs import side_by_side
from keras_gan.training import AdversarialModel, Field, Sampler


class EncodingModel(AdversarialModel, abc.ABC):
    """A model with an encoder, from images to codes, and a network that draws images from codes.

    Everything goes through two samplers: `sampler`, from codes to images, whose main input is "latents"; and
    `encoder_sampler`, from images to codes. Exports find the second one by its name.

    Args:
        encodes: `Interface` of the encoder, from "images" to codes, which are its main output.
        decodes: `Interface` of the decoder, from "latents" to "images".
        players: dict of name to `Player`. The roles of both interfaces are the names of their networks there.
        **options: further arguments of `AdversarialModel`.
    """

    def __init__(self, encodes, decodes, players, **options):
        super().__init__(players, {"images": Field(decodes.outputs["images"])}, **options)
        self.latent_shape, self.sample_shape = decodes.shapes["latents"], decodes.outputs["images"]
        self._encodes, self._decodes = encodes, decodes

    def networks_of(self, averaged):
        """The networks of all players by name; with `averaged` the copies of those that have one."""
        return {
            name: player.averages.get(name, network) if averaged else network
            for player in self.players.values()
            for name, network in player.networks.items()
        }

    def codes_for(self, batch, noise):
        """Standard normal numbers, one for each entry of the codes of a batch, float32 `(batch, *latent_shape)`."""
        return noise.normal_for(batch, self.latent_shape)

    def codes_of(self, images, networks, *, training=False):
        """The codes of images, a float32 tensor; of an encoder that returns a distribution, its mean.

        Args:
            images: tensor `(batch, *sample_shape)`.
            networks: dict of name to keras.Model, as `networks_of` returns it.
            training: whether to call the encoder in training mode.
        """
        found = self._encodes({"images": images}, network=networks[self._encodes.role], training=training)
        return ops.cast(found[self._encodes.returns], "float32")

    def images_of(self, codes, networks, *, training=False):
        """The images that the decoder makes of codes, a float32 tensor; arguments as in `codes_of`."""
        made = self._decodes({"latents": codes}, network=networks[self._decodes.role], training=training)
        return ops.cast(made["images"], "float32")

    def sampler(self, averaged=True):
        """The `Sampler` from codes to images: the decoder, or its average."""
        return Sampler(self._decodes, self.networks_of(averaged)[self._decodes.role])

    def encoder_sampler(self, averaged=True):
        """The `Sampler` from images to their codes, or the means of these: the encoder, or its average."""
        return Sampler(self._encodes, self.networks_of(averaged)[self._encodes.role], is_drawn=False)

    def call(self, images, training=False):
        """Reconstructions of images, by the averaged networks if there are some."""
        networks = self.networks_of(averaged=True)
        return self.images_of(self.codes_of(images, networks, training=training), networks, training=training)

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
        return side_by_side([[_shown_images(inputs), self.reconstruct]], num_images)

    def inputs_of_call(self):
        """The images that `call` reconstructs."""
        return self.encoder_sampler().fields


def _shown_images(inputs):
    """The images of what a picture of training is given."""
    if not isinstance(inputs, dict):
        return inputs
    if inputs.get("images") is None:
        raise ValueError(
            "A picture of reconstructions needs images: give `ImageSnapshots` an array of them, as `inputs=images`, or "
            f'a batch of the data with "images". Received: inputs with {sorted(inputs)}'
        )
    return inputs["images"]
