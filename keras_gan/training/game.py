"""A critic and the network that it judges."""

import typing

import keras

from keras_gan.training.critic import Critic


class Game(typing.NamedTuple):
    """A critic and the network whose samples it judges, for `keras_gan.callbacks.TrainingHealth`.

    A model of any players says in `games` which critics judge which networks, and plays them on a batch in `play`. So
    one monitor understands all models, and knows none of them.

    Attributes:
        critic: `Critic`.
        network: keras.Model that makes the samples.
        judge: name of the player that trains the critic's network.
        maker: name of the player that trains the other one.
        field: name of the field of the data that holds the real samples.
        loss: the adversarial loss of this game, where it is not `adversarial_loss` of the model.

    Example:
        >>> import keras_gan
        >>> networks = keras_gan.networks.mlp(image_shape=(4, 4, 1), latent_dim=2, width=4)
        >>> gan = keras_gan.HingeGAN(*networks)
        >>> {name: (game.judge, game.maker, game.field) for name, game in gan.games.items()}
        {'': ('discriminator', 'generator', 'images')}
    """

    critic: Critic
    network: keras.Model
    judge: str
    maker: str
    field: str = "images"
    loss: typing.Any = None

    def loss_in(self, model):
        """The adversarial loss of this game in a model."""
        return model.adversarial_loss if self.loss is None else self.loss
