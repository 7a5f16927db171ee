"""How far a person is in the course, kept between runs."""
