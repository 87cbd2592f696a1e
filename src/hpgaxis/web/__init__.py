"""The page in the browser and its HTTP API: requests in, JSON out; all science is below."""
