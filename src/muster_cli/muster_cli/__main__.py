"""`python -m muster_cli`, for those who start the command as a child process."""

from muster_cli.main import main

if __name__ == "__main__":
    main()
