"""What a clinician asks of one patient: treatments compared, risks, conception, diagnoses."""
