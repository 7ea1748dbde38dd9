"""A vision-language model as the student: it sees the pages and writes the label as JSON (TAIL, arXiv 2411.14957)."""
