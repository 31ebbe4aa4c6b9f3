"""The RFCs of the HTTP interface that have no home in a route."""
