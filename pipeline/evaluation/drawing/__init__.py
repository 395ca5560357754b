"""What figures share: style, tiles of images, the subject they are drawn from, and PNG files."""
