"""What reads documents behind the service: OCR in worker processes, the student in batches across requests."""
