"""The shared words: what rooms say to each other, frozen and free of I/O."""
