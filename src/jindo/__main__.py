"""`python -m jindo`: the same program as `jindo`."""

from jindo.cli import main

if __name__ == "__main__":
    main()
