"""A simulated expense year on real receipts: how much planted abuse an audit finds, and how often it is wrong."""
