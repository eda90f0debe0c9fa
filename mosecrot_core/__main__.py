"""`python -m mosecrot_core` is the command `mosecrot`."""

from mosecrot_core.cli import main

if __name__ == "__main__":
    main()
