"""An HTTP exchange as text: each view is a pure function of a record that holds no keys."""
