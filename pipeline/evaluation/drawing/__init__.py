"""What figures share: their experiment, style, captions, image tiles, PNG files."""
