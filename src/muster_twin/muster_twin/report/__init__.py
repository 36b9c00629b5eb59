"""What the twin's runs come to: a table, a file for programs, and a picture."""
