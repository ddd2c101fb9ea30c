"""`keras_gan serve-client` as a script: `python examples/serve_client.py --help`."""

from keras_gan_cli.main import run

if __name__ == "__main__":
    run("serve-client")
