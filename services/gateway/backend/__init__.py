"""The backend: render specs are fetched from it, and it is called back when something is done."""
