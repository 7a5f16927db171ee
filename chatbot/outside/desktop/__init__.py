"""The terminal and the desktop as devices: streams, keyboard, signals, clipboard, editor, pager."""
