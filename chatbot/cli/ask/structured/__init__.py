"""The form that an answer shall have: a schema, or a code block alone."""
