"""The Jupyter Server extension: runs for the front end, for those who are signed in and allowed to see them."""
