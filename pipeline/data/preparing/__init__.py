"""Preparing: from `data/raw/<source>` to `data/prepared/<data>`, split and encoded."""
