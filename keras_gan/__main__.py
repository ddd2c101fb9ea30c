"""`python -m keras_gan` is the command `keras_gan`, which starts faster: this imports TensorFlow first."""

from keras_gan_cli.main import main

if __name__ == "__main__":
    main()
