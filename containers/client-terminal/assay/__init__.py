"""What the drivers of chat programs share: JSON-RPC over standard input and output, and a program in a terminal."""
