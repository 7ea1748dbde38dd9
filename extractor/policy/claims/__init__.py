"""Claims: read from tables, matched to receipts, and compared with what the receipts say."""
