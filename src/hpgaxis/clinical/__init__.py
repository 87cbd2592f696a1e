"""Clinical questions about one patient: comparison of treatments, risks, conception, diagnoses."""
