"""`python -m keras_gan_cli` is the command `keras_gan`."""

from keras_gan_cli.main import main

if __name__ == "__main__":
    main()
