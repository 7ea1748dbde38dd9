"""From readings to findings: policies, claims, duplicates, signs of tampering, statistics, and reports."""
