"""Predictions of a saved model for rows as people hold them."""
