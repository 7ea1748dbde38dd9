"""The page at `/`: documents in, values beside the picture, corrections back as labels. It uses the same interface as
every other client, and loads nothing from elsewhere."""
