"""`chat batch`: many rows, asked at the pace that the service allows, and begun again where they stopped."""
