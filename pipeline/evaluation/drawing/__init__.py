"""What figures share: the experiment they show, style, captions, tiles of images, PNG files."""
