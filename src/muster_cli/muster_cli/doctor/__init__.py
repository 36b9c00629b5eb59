"""What `muster doctor` looks at: what is installed, and what is running."""
