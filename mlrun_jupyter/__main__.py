"""``python -m mlrun_jupyter`` (and ``python -m mlrun``) is the ``mlrun`` command."""

from mlrun_jupyter.cli import main

if __name__ == "__main__":
    main()
