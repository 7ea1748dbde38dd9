"""From words to values: amounts, dates, times, currencies and texts as the record writes them. Pure functions."""
