"""The teacher, the critic that weighs its labels, and their review by people. Uses extractor; hands on label files."""
