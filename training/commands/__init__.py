"""The commands of this room: messages to the error stream, data to standard output."""
