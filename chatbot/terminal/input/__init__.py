"""The prompt: keys, completion, what a typed line means, and the row of status below it."""
