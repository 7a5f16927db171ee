"""Files of this person: text, images, templates, typed lines, and the folders they are in."""
