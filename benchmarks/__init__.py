"""Measurements of auditkit beside its peers, in one run: `python -m benchmarks NAME`. Not part of the package."""
