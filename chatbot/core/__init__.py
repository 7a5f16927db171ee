"""The words of the whole house: messages, events, errors, retry. Pure: imports nothing of ours."""
