"""Data sets of single men: their doses and labs over time, from tables, YAML and FHIR."""
