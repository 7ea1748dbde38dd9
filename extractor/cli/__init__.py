"""The command line: `tailor extract`, `tailor evaluate`, and the commands of the sibling packages."""
