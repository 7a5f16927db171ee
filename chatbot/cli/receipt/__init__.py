"""`--receipt FILE` and `chat receipt`: what came in and went out, and whether it is whole."""
