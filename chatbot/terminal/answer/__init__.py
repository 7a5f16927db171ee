"""An answer while it comes: the loop over its events and the views that show them."""
