"""The wire formats, one a file: their shapes in, our events out. A new one stands here, and in lab/wires."""
