"""The program that runs an action inside um-host."""
