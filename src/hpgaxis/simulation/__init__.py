"""Running the model: one patient or many, one protocol or many, and the results."""
